/** Modules that are built by the toolchain of their language, once for their sources, in the user's cache. */
import { chmod, copyFile, cp, readdir, readFile, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached } from "../scripts/cache.ts";
import { run } from "../test/cluster/run.ts";
import { goBinary } from "../test/cluster/tools/go.ts";
import { downloadWheel } from "../test/cluster/tools/wheel.ts";

const zigWheel = {
  release: "ziglang==0.14.1",
  sha256: "6eb9d4d759b292c83810dbee2e9e8e3fbfbf01d864e6e9811bae711fd74e1c2f",
} as const;
const componentizePyWheel = {
  release: "componentize-py==0.25.1",
  sha256: "8623cd8cab8453cb0cd8bf03f3c7103420d06f2f3d360186a280a70a1ca5e89f",
} as const;

const goEnvironment = {
  GOOS: "wasip1",
  GOARCH: "wasm",
  CGO_ENABLED: "0",
  GOTOOLCHAIN: "local",
  GOFLAGS: "",
  GOWORK: "off",
};

/** Builds all that the tests run, one after the other. */
export async function buildExamples(): Promise<void> {
  await builtByGo("echo-go");
  await builtByZig("echo-zig");
  await builtByPython("echo-python");
  for (const folder of ["echo-assemblyscript", "echo-javascript"]) await builtByNpm(folder);
}

/** The path of the command that Go builds of a folder here. First build: 20 s. */
export async function builtByGo(folder: string): Promise<string> {
  const source = join(import.meta.dirname, folder);
  const dir = await cached(folder, await filesOf(source), async (dir) => {
    const flags = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
    const output = join(dir, `${folder}.wasm`);
    await run(await goBinary(), ["build", ...flags, "-o", output, "."], { cwd: source, env: goEnvironment });
  });
  return join(dir, `${folder}.wasm`);
}

/** The path of the command that Zig builds of echo.zig in a folder here. First build: 10 s. */
export async function builtByZig(folder: string): Promise<string> {
  const source = join(import.meta.dirname, folder);
  const dir = await cached(folder, [zigWheel.sha256, ...(await filesOf(source))], async (dir) => {
    const tools = join(dir, "tools");
    await run("unzip", ["-q", await downloadWheel(zigWheel, tools), "ziglang/*", "-d", tools]);
    const zig = join(tools, "ziglang", "zig");
    await chmod(zig, 0o755);
    const caches = ["--cache-dir", join(tools, "cache"), "--global-cache-dir", join(tools, "cache")];
    const flags = ["-target", "wasm32-wasi", "-O", "ReleaseSmall", `-femit-bin=${join(dir, folder)}.wasm`];
    await run(zig, ["build-exe", join(source, "echo.zig"), ...flags, ...caches]);
    await rm(tools, { recursive: true });
  });
  return join(dir, `${folder}.wasm`);
}

/** The path of the component that componentize-py makes of app.py in a folder here. First build: 10 s. */
export async function builtByPython(folder: string): Promise<string> {
  const source = join(import.meta.dirname, folder);
  const wit = join(import.meta.dirname, "echo-javascript", "wit");
  const inputs = [componentizePyWheel.sha256, ...(await filesOf(source)), ...(await filesOf(wit))];
  const dir = await cached(folder, inputs, async (dir) => {
    const tools = join(dir, "tools");
    await run("unzip", ["-q", await downloadWheel(componentizePyWheel, tools), "-d", tools]);
    const program = "import sys; from componentize_py import script; sys.exit(script())";
    const world = ["--wit-path", wit, "--world", "service"];
    const output = ["-o", join(dir, `${folder}.wasm`)];
    // The program is run once while it is built, and leaves what it has compiled beside it.
    const project = join(tools, "project");
    for (const file of await sourcesOf(source)) await cp(join(source, file), join(project, file));
    const env = { PYTHONPATH: tools };
    await run("python3", ["-c", program, ...world, "componentize", "app", ...output], { cwd: project, env });
    await rm(tools, { recursive: true });
  });
  return join(dir, `${folder}.wasm`);
}

/**
 * The folder with the .wasm files that `npm run build` leaves in a folder here, after `npm ci` of its lock file. First
 * build: 10 s, or 40 s with componentize-js.
 */
export async function builtByNpm(folder: string): Promise<string> {
  const source = join(import.meta.dirname, folder);
  return cached(folder, await filesOf(source), async (dir) => {
    const project = join(dir, "project");
    for (const file of await sourcesOf(source)) await cp(join(source, file), join(project, file));
    await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { cwd: project });
    await run("npm", ["run", "build"], { cwd: project });
    const modules = (await readdir(project)).filter((name) => name.endsWith(".wasm"));
    for (const name of modules) await copyFile(join(project, name), join(dir, basename(name)));
    await rm(project, { recursive: true });
  });
}

/** Without what was built, here or by hand. */
async function sourcesOf(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  return names
    .filter((entry) => entry.isFile() && !entry.name.endsWith(".wasm"))
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((path) => !path.startsWith("node_modules/"))
    .toSorted();
}

async function filesOf(folder: string): Promise<(string | Buffer)[]> {
  const paths = await sourcesOf(folder);
  return [...paths, ...(await Promise.all(paths.map((path) => readFile(join(folder, path)))))];
}
