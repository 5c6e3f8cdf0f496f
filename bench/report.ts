/** What a row has measured, as it is stored in bench/results. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Compared } from "./compare.ts";

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export interface RowReport {
  readonly row: string;
  readonly title: string;
  /** What repeats it. */
  readonly command: string;
  /** RFC 3339. */
  readonly time: string;
  readonly seconds: number;
  readonly machine: Machine;
  /** Processes that wanted to run in the minute before the row began: other work than the row's. */
  readonly loadBefore: number;
  readonly figures: readonly Compared[];
}

const resultsFolder = join(import.meta.dirname, "results");

export function thisMachine(): Machine {
  const [first] = cpus();
  return {
    cpu: (first?.model ?? "unknown").trim(),
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
  };
}

export function currentLoad(): number {
  return Math.round((loadavg()[0] ?? 0) * 10) / 10;
}

export async function writeReport(report: RowReport, folder = resultsFolder): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${report.row}.json`), `${JSON.stringify(report, null, 2)}\n`);
}

/** The latest report of a row; undefined when it was never run. */
export async function readReport(row: string, folder = resultsFolder): Promise<RowReport | undefined> {
  try {
    return JSON.parse(await readFile(join(folder, `${row}.json`), "utf8")) as RowReport;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
