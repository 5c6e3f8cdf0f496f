/**
 * A process of its own: reads a component from standard input, writes its bundle to standard output, and ends: with 1 and a
 * message when it cannot take the component, with 2 when it failed itself.
 */
import { buffer } from "node:stream/consumers";
import { transpile } from "./module/adapt/transpile.ts";

try {
  process.stdout.write(await transpile(await buffer(process.stdin)));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  const isOwn = [WebAssembly.RuntimeError, RangeError, TypeError].some((kind) => error instanceof kind);
  process.exitCode = isOwn ? 2 : 1;
}
