/** `npm test`: sets up what the tests need, runs every suite, ends with one line `N passed, N failed, N skipped`. */
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosignBinaries, networkPolicyBinaries, registryBinaries } from "../test/cluster/binaries.ts";
import { buildExamples } from "../wasm-modules/built.ts";

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
}

/** Name of a vitest project, and the part of the time budget that it belongs to. */
const suites = [
  { project: "unit", budget: "rest" },
  { project: "faults", budget: "rest" },
  { project: "contract", budget: "cluster suites" },
  { project: "e2e", budget: "cluster suites" },
  // Looks at what Ebb did in e2e.
  { project: "after", budget: "cluster suites" },
] as const;

/** Minutes that each part of a run may take on two cores with nothing built before. */
const budgetMinutes = { "first build": 20, "cluster suites": 25, rest: 10 } as const;

const spent = { "first build": 0, "cluster suites": 0, rest: 0 };
const total: Tally = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);

const folder = await mkdtemp(join(tmpdir(), "ebb-test-"));
try {
  const chosen = suites.filter(({ project }) => wanted.length === 0 || wanted.includes(project));
  if (chosen.some(({ budget }) => budget === "cluster suites")) await setUp();
  if (chosen.some(({ project }) => project === "e2e"))
    process.env["EBB_TESTS_SINCE"] = new Date().toISOString();
  for (const { project, budget } of chosen) {
    const start = Date.now();
    await runSuite(project);
    spent[budget] += Date.now() - start;
  }
} finally {
  await rm(folder, { recursive: true });
}
for (const [part, minutes] of Object.entries(budgetMinutes))
  console.log(
    `time: ${part} ${(spent[part as keyof typeof spent] / 60_000).toFixed(1)} of ${minutes} minutes`,
  );
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1;

/** A cluster that cannot start fails the suites that need it. */
async function setUp(): Promise<void> {
  const start = Date.now();
  for (const script of ["test/cluster/main.ts up", "scripts/image.ts"]) {
    console.log(`\n# ${script}`);
    const code = await run(process.execPath, script.split(" "));
    if (code !== 0) {
      total.failed += 1;
      console.error(`${script} ended with ${code}; the suites that need the cluster will fail`);
    }
  }
  for (const build of [registryBinaries, cosignBinaries, networkPolicyBinaries, buildExamples])
    try {
      await build();
    } catch (error) {
      total.failed += 1;
      console.error(error);
    }
  spent["first build"] = Date.now() - start;
}

async function runSuite(project: string): Promise<void> {
  console.log(`\n# suite ${project}`);
  const output = join(folder, `${project}.json`);
  const vitest = join("node_modules", "vitest", "vitest.mjs");
  const code = await run(process.execPath, [
    vitest,
    "run",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${output}`,
  ]);
  const report = await readReport(output);
  if (report === undefined) {
    console.error(`suite ${project} left no report (exit code ${code})`);
    total.failed += 1;
    return;
  }
  total.passed += report.numPassedTests;
  total.failed += report.numFailedTests;
  total.skipped += report.numPendingTests + report.numTodoTests;
  // A file that cannot be loaded, or an error outside of a test, fails the run without failing a test.
  if ((code !== 0 || !report.success) && report.numFailedTests === 0) total.failed += 1;
}

async function readReport(path: string): Promise<Report | undefined> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Report;
  } catch (error) {
    console.error(String(error));
    return undefined;
  }
}

function run(command: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}
