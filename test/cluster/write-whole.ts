/** Files that are whole or not there, whenever their writer is killed. */
import { rename, writeFile } from "node:fs/promises";

/** Replaces the file in one step; only its owner can read it. */
export async function writeWhole(file: string, content: string): Promise<void> {
  const unfinished = `${file}.unfinished`;
  await writeFile(unfinished, content, { mode: 0o600 });
  await rename(unfinished, file);
}
