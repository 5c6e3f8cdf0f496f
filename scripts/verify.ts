/** `npm run verify`: the static checks, all of them, then the list of those that failed. */
import { spawnSync } from "node:child_process";

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ["types", "tsc", "-p", "."],
  ["types of edge/", "tsc", "-p", "edge"],
  ["lint", "oxlint", "--type-aware", "--deny-warnings"],
  ["format", "biome", "format", "."],
  ["unused code", "knip"],
  ["generated files", process.execPath, "scripts/generate.ts", "--check"],
  ["architecture", "vitest", "run", "--project", "unit", "test/architecture.test.ts"],
];

const failed: string[] = [];
for (const [name, command, ...args] of checks) {
  const start = Date.now();
  const { status, error } = spawnSync(command, args, { stdio: "inherit" });
  if (error !== undefined) console.error(`${command}: ${error.message}`);
  if (status !== 0) failed.push(name);
  console.log(`${status === 0 ? "ok" : "FAILED"}  ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
}
if (failed.length > 0) console.error(`failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
