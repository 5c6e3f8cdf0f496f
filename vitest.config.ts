import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    retry: 0,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    projects: [
      { extends: true, test: { name: "unit", include: ["operator/**/*.test.ts", "edge/**/*.test.ts", "scripts/**/*.test.ts", "test/architecture.test.ts", "test/cluster/**/*.test.ts", "wasm-modules/**/*.test.ts", "test/kit/**/*.test.ts"], exclude: ["**/node_modules/**", "**/target/**"] } },
      { extends: true, test: { name: "faults", include: ["test/faults/**/*.test.ts"] } },
      { extends: true, test: { name: "contract", include: ["test/contract/**/*.test.ts"] } },
      { extends: true, test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], fileParallelism: false, testTimeout: 600_000, hookTimeout: 1_800_000 } },
    ],
  },
});
