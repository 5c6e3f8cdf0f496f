/** The workerd binary of the npm package, as a process of a test. */
import type { ChildProcess } from "node:child_process";
import { createRequire } from "node:module";

/** The binary itself, not the script that npm links. */
export function workerdBinary(): string {
  const { default: path } = createRequire(import.meta.url)("workerd") as { default: string };
  return path;
}

/**
 * The ports of so many sockets, once they listen: workerd writes one line to its control descriptor, which is 3, for each.
 */
export function listening(
  child: ChildProcess,
  sockets: number,
  output: readonly string[],
): Promise<number[]> {
  return new Promise((resolve, reject) => {
    let text = "";
    child.stdio[3]?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
      const lines = text.split("\n").filter((line) => line.includes('"listen"'));
      if (lines.length === sockets)
        resolve(lines.map((line) => (JSON.parse(line) as { readonly port: number }).port));
    });
    child.once("exit", (code) => reject(new Error(`workerd ended with ${code}: ${output.join("")}`)));
    child.once("error", reject);
  });
}
