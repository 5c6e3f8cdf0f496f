/** What processes of this machine have used, as the kernel counts it. */
import { readFile } from "node:fs/promises";

/** Of one or more processes together. */
export interface Usage {
  /** Seconds of processor time since they started. */
  readonly cpuSeconds: number;
  readonly residentMiB: number;
  /** The most that each has had resident so far. */
  readonly peakMiB: number;
}

/** Ticks a second in /proc, the same on every Linux. */
const ticks = 100;

export async function usageOf(pids: readonly number[]): Promise<Usage> {
  const all = await Promise.all(pids.map(usageOfOne));
  return {
    cpuSeconds: sum(all.map(({ cpuSeconds }) => cpuSeconds)),
    residentMiB: sum(all.map(({ residentMiB }) => residentMiB)),
    peakMiB: sum(all.map(({ peakMiB }) => peakMiB)),
  };
}

async function usageOfOne(pid: number): Promise<Usage> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  // The name, second of all, may have spaces in it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / ticks,
    residentMiB: kibibytes(status, "VmRSS") / 1024,
    peakMiB: kibibytes(status, "VmHWM") / 1024,
  };
}

function kibibytes(status: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, "m").exec(status)?.[1] ?? 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
