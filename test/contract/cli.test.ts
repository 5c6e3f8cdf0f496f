/** kubectl-ebb as it ships: the real wrangler builds, the real registry keeps, the operator's source reads, workerd runs. */
import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { bundle, repository } from "../../scripts/images/base.ts";
import { PushedPool } from "../kit/pushed-pool.ts";
import { requestOf, SourceWorld } from "../kit/source-world.ts";
import { tinyCommand } from "../kit/tiny-wasm.ts";
import { RealRegistry, user } from "./registry/real-registry.ts";

const project = join(repository, "test/fixtures/worker-project");
const address = "127.62.0.7";

let folder: string;
let world: SourceWorld;

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

async function ebb(...args: readonly string[]): Promise<Ended> {
  const env = { ...process.env, DOCKER_CONFIG: folder };
  const program = join(folder, "kubectl-ebb");
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [program, ...args], { env });
    return { code: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as Ended;
    if (typeof code !== "number") throw error;
    return { code, stdout, stderr };
  }
}

interface Snippet {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly module: { readonly abi: "Worker"; readonly oci: { readonly reference: string } };
    readonly env?: readonly { readonly name: string; readonly value: string }[];
  };
}

/** A copy of the project whose configuration differs. */
async function changedProject(change: (config: string) => string): Promise<string> {
  const copy = await mkdtemp(join(folder, "project-"));
  await cp(project, copy, { recursive: true });
  await symlink(join(repository, "node_modules"), join(copy, "node_modules"));
  const path = join(copy, "wrangler.jsonc");
  await writeFile(path, change(await readFile(path, "utf8")));
  return copy;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ebb-cli-test-"));
  const { content } = await bundle("cli/main.ts", "node");
  await writeFile(join(folder, "kubectl-ebb"), content);
  world = await SourceWorld.start();
});

afterAll(async () => {
  await world.stop();
  await rm(folder, { recursive: true });
});

describe("kubectl ebb build", () => {
  test("pushes a wrangler project of several modules that the pool then runs", async () => {
    await using registry = await RealRegistry.start();
    const tag = `${registry.host}/shop/several:1`;
    const built = await ebb("build", project, "-t", tag, "--push", "--plain-http");
    expect(built).toMatchObject({ code: 0, stderr: expect.stringContaining("note: workers_dev") as string });
    const [reference = "", yaml = ""] = built.stdout.split("\n---\n");
    expect(reference).toBe(
      `${registry.host}/shop/several@${await registry.crane("digest", "HOST/shop/several:1")}`,
    );
    const { metadata, spec } = parse(yaml) as Snippet;
    expect({ name: metadata.name, reference: spec.module.oci.reference }).toEqual({
      name: "several-modules",
      reference,
    });

    const found = await world
      .open()
      .resolve(requestOf({ oci: { plainHTTP: true, reference }, abi: spec.module.abi }));
    expect(found.module.abi).toBe("Worker");
    const env = Object.fromEntries((spec.env ?? []).map(({ name, value }) => [name, value]));
    const pool = await PushedPool.start(address);
    try {
      await pool.push({ "fn/v1": { abi: "Worker", bytes: await found.bytes(), env } });
      expect(JSON.parse(await pool.textOf("fn/v1"))).toEqual({
        greeting: "hello",
        sum: 42,
        page: "<p>page</p>\n",
        bytes: [0, 1, 255],
        sha256: "79571a56229fead48072831402cf3d9c05d9663c177d30e9468fba9ce05fd56e",
      });
    } finally {
      await pool.stop();
    }
  });

  test("names the bindings that it refuses", async () => {
    const bound = await changedProject((config) =>
      config.replace('"vars"', '"kv_namespaces": [{ "binding": "CACHE", "id": "1" }], "vars"'),
    );
    expect(await ebb("build", bound)).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining("asks for kv_namespaces (CACHE), which Ebb does not give") as string,
    });
  });

  test("gives what wrangler says when it fails", async () => {
    const broken = await changedProject((config) => config.replace("src/index.js", "src/absent.js"));
    const built = await ebb("build", broken);
    expect(built.code).toBe(1);
    expect(built.stderr).toMatch(/wrangler deploy --dry-run ended with 1:[^]*absent\.js/);
  });

  test.each(["Basic", "Bearer"] as const)(
    "pushes WebAssembly to a registry that asks for %s",
    async (challenge) => {
      await using registry = await RealRegistry.start({ challenge });
      const file = join(folder, "checkout.wasm");
      await writeFile(file, tinyCommand({ stdout: "one" }));
      const push = () =>
        ebb("build", file, "-t", `${registry.host}/private/c:1`, "--push", "--plain-http", "-o", "json");
      await writeFile(join(folder, "config.json"), "{}");
      expect(await push()).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("has no credentials for it") as string,
      });
      const auth = Buffer.from(`${user.username}:${user.password}`).toString("base64");
      await writeFile(join(folder, "config.json"), JSON.stringify({ auths: { [registry.host]: { auth } } }));
      const built = await push();
      expect(built).toMatchObject({ code: 0, stderr: "" });
      const { reference, digest, module } = JSON.parse(built.stdout) as Record<string, unknown>;
      expect(reference).toBe(`${registry.host}/private/c@${String(digest)}`);
      expect(module).toMatchObject({ abi: "WasiCommand" });
      const name = `registry-${challenge.toLowerCase()}`;
      world.putPullSecret(name, { [registry.host]: user });
      const oci = { reference: String(reference), plainHTTP: true, pullSecretRef: { name } };
      const found = await world.open({}, crypto.randomUUID()).resolve(requestOf({ oci, abi: "Auto" }));
      expect(Buffer.from(await found.bytes()).equals(tinyCommand({ stdout: "one" }))).toBe(true);
    },
  );

  test("refuses what no edge runs, and calls that are wrong", async () => {
    const file = join(folder, "text.wasm");
    await writeFile(file, "text");
    expect(await ebb("build", file)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/not WebAssembly/) as string,
    });
    expect(await ebb("build")).toMatchObject({ code: 2, stderr: expect.stringMatching(/--help/) as string });
  });
});
