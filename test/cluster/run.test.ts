import { expect, test } from "vitest";
import { run } from "./run.ts";

test("gives stdout and passes input and environment", async () => {
  const out = await run("sh", ["-c", 'cat; echo "$GREETING"'], { input: "in ", env: { GREETING: "hello" } });
  expect(out).toBe("in hello\n");
});

test("fails with the command, its status and its stderr", async () => {
  await expect(run("sh", ["-c", "echo no such thing >&2; exit 3"])).rejects.toThrow(
    /^sh -c .* ended with 3: no such thing$/,
  );
});

test("fails when the command does not exist", async () => {
  await expect(run("ebb-no-such-command", [])).rejects.toThrow("ENOENT");
});
