/** Reports as tables, for a terminal and for a page. */
import { type Compared, rounded } from "./compare.ts";
import type { RowReport } from "./report.ts";

const headings = ["what", "measured", "peer in the same run", "÷ peer", "target", "÷ target"] as const;

/** Columns padded with spaces. */
export function textTable(report: RowReport): string {
  const lines = [headings, ...report.figures.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? "").length)));
  return lines
    .map((cells) =>
      cells
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function markdownTable(report: RowReport): string {
  const lines = [headings, headings.map(() => "---"), ...report.figures.map(cellsOf)];
  return lines.map((cells) => `| ${cells.join(" | ")} |`).join("\n");
}

/** What a page says of one row: its table, how to repeat it, where and how busy it was. */
export function pagePart(report: RowReport): string {
  const { machine, time, seconds, loadBefore, command } = report;
  const where = `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Linux ${machine.kernel}`;
  const when = `${time.slice(0, 16).replace("T", " ")} UTC`;
  return `${markdownTable(report)}\n\n\`${command}\`, ${when}, ${Math.round(seconds)} s, load average ${loadBefore} before it; ${where}, Node ${machine.node.slice(1)}.`;
}

function cellsOf({ what, value, unit, peer, target, ratioToPeer, ratioToTarget, isMet }: Compared): string[] {
  return [
    what,
    amount(value, unit),
    peer === undefined ? "" : `${peer.what}: ${amount(peer.value, unit)}`,
    ratioToPeer === undefined ? "" : String(ratioToPeer),
    target === undefined ? "" : target.says,
    target === undefined ? "" : `${ratioToTarget ?? ""} ${isMet === true ? "met" : "missed"}`.trim(),
  ];
}

/** Counts are exact, measures have three digits. */
function amount(value: number, unit: string): string {
  const digits = Number.isInteger(value) ? String(value) : String(rounded(value));
  return unit === "" ? digits : `${digits} ${unit}`;
}
