/** `npm run bench [ROW...]`: measures the rows, prints a table of each, writes bench/results and docs/performance.md. */
import { compare } from "../bench/compare.ts";
import { BenchRun } from "../bench/bench-run.ts";
import { updatePage } from "../bench/page.ts";
import { currentLoad, type RowReport, thisMachine, writeReport } from "../bench/report.ts";
import type { Row } from "../bench/row.ts";
import { rows } from "../bench/rows.ts";
import { textTable } from "../bench/table.ts";

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !rows.some((row) => row.name === name));
if (unknown !== undefined) {
  console.error(`There is no row "${unknown}": ${rows.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

const run = new BenchRun();
const failed: string[] = [];
try {
  for (const row of rows.filter(({ name }) => asked.length === 0 || asked.includes(name))) {
    console.log(`\n# ${row.name}: ${row.title}`);
    try {
      const report = await measure(row);
      console.log(textTable(report));
      await writeReport(report);
      await updatePage([report]);
    } catch (error) {
      console.error(error);
      failed.push(row.name);
    }
  }
} finally {
  await run.close();
}
if (failed.length > 0) console.error(`could not be measured: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;

async function measure(row: Row): Promise<RowReport> {
  const loadBefore = currentLoad();
  const started = Date.now();
  const figures = await run.measure(row);
  return {
    row: row.name,
    title: row.title,
    command: `npm run bench ${row.name}`,
    time: new Date(started).toISOString(),
    seconds: (Date.now() - started) / 1000,
    machine: thisMachine(),
    loadBefore,
    figures: figures.map(compare),
  };
}
