import { defineConfig } from "vitest/config";

/** Beside the source; need no cluster. */
const unit = [
  "operator",
  "edge",
  "cli",
  "scripts",
  "wasm-modules",
  "bench",
  "test/kit",
  "test/cluster",
  "test/e2e/prober",
  "test/e2e/harness",
];

export default defineConfig({
  test: {
    retry: 0,
    // As Node does it: the default import of a CommonJS package is its module.exports.
    deps: { interopDefault: false },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // How long a state is waited for on a machine that does other things too; no test is about time.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [...unit.map((folder) => `${folder}/**/*.test.ts`), "test/*.test.ts"],
          // vitest itself leaves a core idle, which is half of a small machine.
          maxWorkers: "100%",
        },
      },
      {
        extends: true,
        test: {
          name: "faults",
          include: ["test/faults/**/*.test.ts"],
          maxWorkers: "100%",
          testTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: "contract",
          include: ["test/contract/**/*.test.ts"],
          maxWorkers: "100%",
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          include: ["test/e2e/*.test.ts"],
          fileParallelism: false,
          testTimeout: 900_000,
          hookTimeout: 1_800_000,
        },
      },
      {
        extends: true,
        test: {
          name: "after",
          include: ["test/after/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 600_000,
        },
      },
    ],
  },
});
