/** The operator's transpiler, which tells after its output how much memory it had: a line feed and kilobytes. */
import { writeSync } from "node:fs";

process.once("exit", () => writeSync(1, `\n${process.resourceUsage().maxRSS}`));
await import("../../operator/transpiler.ts");
