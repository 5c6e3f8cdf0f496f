import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";

const lock = '{"lockfileVersion":3}';
let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ebb-bootstrap-"));
  for (const folder of ["scripts", "node_modules"]) await mkdir(join(root, folder));
  await cp(join(import.meta.dirname, "bootstrap.mjs"), join(root, "scripts", "bootstrap.mjs"));
  await writeFile(join(root, "package-lock.json"), lock);
});
afterEach(() => rm(root, { recursive: true }));

test("runs the script with its arguments, our programs first, and its exit code", async () => {
  await stampInstalled();
  const script = "console.log(process.argv.slice(2), process.env.PATH.split(':')[0]); process.exitCode = 7;";
  const child = await bootstrap(script, "a", "--b");
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  expect(code).toBe(7);
  expect(output).toBe(`[ 'a', '--b' ] ${join(root, "node_modules", ".bin")}\n`);
});

test("passes a signal on and waits for the script's own end", async () => {
  await stampInstalled();
  const script =
    "process.on('SIGTERM', () => process.exit(9)); setInterval(() => {}, 1e6); console.log('ready');";
  const child = await bootstrap(script);
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  expect((await once(child, "close"))[0]).toBe(9);
});

test("installs when the lock file differs from the one that was installed, and stops when that fails", async () => {
  const child = await bootstrap("console.log('never');");
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  expect(code).toBe(1); // there is no package.json to install
  expect(output).toBe("");
});

async function bootstrap(script: string, ...args: string[]) {
  const file = join(root, "script.mjs");
  await writeFile(file, script);
  return spawn(process.execPath, [join(root, "scripts", "bootstrap.mjs"), file, ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
}

async function stampInstalled(): Promise<void> {
  const hash = createHash("sha256").update(lock).digest("hex");
  await writeFile(join(root, "node_modules", ".ebb-lock-hash"), hash);
}
