/** Mounts below a folder. */
import { readFile } from "node:fs/promises";
import { run } from "./run.ts";

/** Unmounts everything mounted at or below `folder`. */
export async function unmountBelow(folder: string): Promise<void> {
  // A stack of mounts on one path needs as many rounds.
  for (let points = await mountsBelow(folder); points.length > 0; points = await mountsBelow(folder)) {
    for (const point of points) await run("umount", ["--lazy", point]);
  }
}

/** The mount points at or below `folder`, deepest first. */
export async function mountsBelow(folder: string): Promise<string[]> {
  return pointsBelow(folder, await readFile("/proc/self/mountinfo", "utf8"));
}

/** The same out of the text of /proc/PID/mountinfo. */
export function pointsBelow(folder: string, mountinfo: string): string[] {
  const points = mountinfo.split("\n").map((line) => unescape(line.split(" ")[4] ?? ""));
  return points.filter((point) => point === folder || point.startsWith(`${folder}/`)).toReversed();
}

/** The kernel writes space, tab, newline and backslash as three octal digits. */
function unescape(field: string): string {
  return field.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}
