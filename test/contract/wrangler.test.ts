/** The fake Cloudflare against the vendor's own client, and Ebb's calls beside that client's. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builtModules } from "../kit/built-modules.ts";
import { cloudflareEdges, specOf } from "../kit/cloudflare-edge.ts";
import { type FakeCloudflare, startFakeCloudflare } from "../kit/fake-cloudflare/fake-cloudflare.ts";
import { identityOf } from "../kit/identity-of.ts";
import { tinyCommand } from "../kit/tiny-wasm.ts";
import { worker } from "../kit/workerd-world.ts";

const run = promisify(execFile);

/** What only Ebb calls: one list for all its functions, and a script's end without what wrangler looks for at it. */
const onlyEbb = ["GET /workers/scripts", "DELETE /workers/scripts/NAME"];

/** Without the query, and without what differs from script to script. */
function shapeOf(call: string, name: string): string {
  return (call.split("?")[0] ?? "").replaceAll(name, "NAME").replace(/[0-9a-f-]{36}/, "ID");
}

describe("wrangler", () => {
  let fake: FakeCloudflare;
  let folder: string;
  const shapes = new Set<string>();

  const wrangler = (...args: readonly string[]): Promise<string> => wranglerTold("", ...args);
  /** input is what a person would type. */
  const wranglerTold = async (input: string, ...args: readonly string[]): Promise<string> => {
    const from = fake.calls.length;
    const running = run(
      process.execPath,
      ["node_modules/wrangler/bin/wrangler.js", ...args, "--cwd", folder],
      {
        env: {
          HOME: folder,
          PATH: process.env["PATH"],
          CI: "1",
          WRANGLER_SEND_METRICS: "false",
          CLOUDFLARE_API_BASE_URL: fake.apiUrl,
          CLOUDFLARE_API_TOKEN: fake.token,
          CLOUDFLARE_ACCOUNT_ID: fake.account.id,
          NODE_EXTRA_CA_CERTS: join(folder, "ca.pem"),
        },
      },
    );
    running.child.stdin?.end(input);
    const { stdout, stderr } = await running;
    for (const call of fake.calls.slice(from)) shapes.add(shapeOf(call, "demo"));
    return stdout + stderr;
  };
  const body = async (headers: Record<string, string> = {}): Promise<string> => {
    const url = `https://demo.${fake.account.subdomain}.workers.dev/`;
    return (await request(url, { dispatcher: fake.dispatcher, headers })).body.text();
  };
  const source = (name: string): Promise<void> =>
    writeFile(
      join(folder, "index.js"),
      `import command from "./command.wasm";
      export default { fetch: (request, env) => Response.json(["${name}", env.PLAIN, env.KEY, command instanceof WebAssembly.Module]) };`,
    );

  beforeAll(async () => {
    fake = await startFakeCloudflare();
    folder = await mkdtemp(join(tmpdir(), "ebb-wrangler-"));
    const config = {
      name: "demo",
      main: "index.js",
      compatibility_date: "2026-10-01",
      workers_dev: true,
      vars: { PLAIN: "plain" },
    };
    await writeFile(join(folder, "wrangler.json"), JSON.stringify(config));
    await writeFile(join(folder, "command.wasm"), tinyCommand({ stdout: "any" }));
    await writeFile(join(folder, "ca.pem"), fake.authority);
  });

  afterAll(async () => {
    await fake.stop();
    await rm(folder, { recursive: true });
  });

  it("deploys a Worker with a Wasm module, which runs, and updates it", async () => {
    await source("one");
    expect(await wrangler("deploy")).toContain("https://demo.acme.workers.dev");
    expect(await body()).toBe('["one","plain",null,true]');
    await source("two");
    await wrangler("deploy");
    expect(await body()).toBe('["two","plain",null,true]');
  });

  it("puts a secret, and keeps it with further versions", async () => {
    await wranglerTold("value", "secret", "put", "KEY");
    expect(await body()).toBe('["two","plain","value",true]');
  });

  it("uploads a version that takes no request but those that ask for it, and deploys it", async () => {
    await source("three");
    const said = await wrangler("versions", "upload", "--tag", "third");
    const id = /Worker Version ID:\s*([0-9a-f-]{36})/.exec(said)?.[1] ?? "";
    const live = fake.account.scripts.get("demo")?.live()?.id ?? "";
    await wrangler("versions", "deploy", `${live}@100%`, `${id}@0%`, "-y");
    const override = { "cloudflare-workers-version-overrides": `demo="${id}"` };
    expect([await body(), await body(override)]).toEqual([
      '["two","plain","value",true]',
      '["three","plain","value",true]',
    ]);
    expect(await wrangler("deployments", "list")).toContain(id);
    await wrangler("rollback", live, "-y", "-m", "back");
    expect(await body(override)).toBe('["two","plain","value",true]');
  });

  it("makes every call that Ebb makes, but those that are named", async () => {
    const modules = await builtModules("cloudflare");
    const fn = identityOf("beside");
    const make = () => cloudflareEdges(fake, modules).provider(specOf(fake), "shop");
    const from = fake.calls.length;
    const provider = make();
    for (const name of ["one", "two", "one"])
      expect(await provider.publish(fn, worker(name))).toEqual({ done: true });
    expect(await make().publish(fn, worker("three"))).toEqual({ done: true });
    expect(await provider.retire(fn)).toEqual({ done: true });
    await modules.remove();
    const own = new Set(fake.calls.slice(from).map((call) => shapeOf(call, `ebb-${fn.key}`)));
    expect([...own].filter((shape) => !shapes.has(shape))).toEqual(onlyEbb);
  });

  it("deletes it", async () => {
    await wrangler("delete", "--force");
    expect(await body()).toBe("There is nothing here yet");
  });
});
