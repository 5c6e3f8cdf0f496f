/** Puts the latest reports into docs/performance.md, each between the marks of its row. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { RowReport } from "./report.ts";
import { pagePart } from "./table.ts";

const pageFile = join(import.meta.dirname, "../docs/performance.md");

/** The page with the report in place of what stood between its row's marks. Throws when the page has no such marks. */
export function withReport(page: string, report: RowReport): string {
  const { start, end } = marksOf(report.row);
  const [from, to] = [page.indexOf(start), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the page has no place for row ${report.row}`);
  return `${page.slice(0, from + start.length)}\n${pagePart(report)}\n${page.slice(to)}`;
}

export async function updatePage(reports: readonly RowReport[], file = pageFile): Promise<void> {
  const page = await readFile(file, "utf8");
  await writeFile(file, reports.reduce(withReport, page));
}

function marksOf(row: string): { start: string; end: string } {
  return { start: `<!-- row ${row} -->`, end: `<!-- end of row ${row} -->` };
}
