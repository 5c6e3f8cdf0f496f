/** The images that the Dockerfile makes, built with buildah and run through testcontainers. */
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type StartedTestContainer, Wait } from "testcontainers";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { repository } from "../../scripts/images/base.ts";
import { buildImage } from "../../scripts/images/build.ts";
import { definitions } from "../../scripts/images/definitions.ts";
import { writeBuilder } from "../images/builder.ts";
import { type Engine, startEngine, whyNoEngine } from "../images/engine.ts";
import { HardenedContainer } from "../images/hardened-container.ts";
import { treeOf } from "../images/tree.ts";
import { createPoolTls } from "../kit/pool-tls.ts";

const builder = "ebb.local/builder:test";
const targets = ["edge", "operator"] as const;
type Target = (typeof targets)[number];
const imageOf = (target: Target): string => `ebb.local/dockerfile-${target}:test`;

const missing = whyNoEngine();
if (missing !== undefined)
  console.warn(`SKIPPED: the Dockerfile's images are neither built nor run: ${missing}`);

describe.skipIf(missing !== undefined)("the Dockerfile", () => {
  let engine: Engine;
  let folder: string;
  const started: StartedTestContainer[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ebb-images-"));
    engine = await startEngine("ebb-images");
    process.env["DOCKER_HOST"] = engine.host;
    // Its own container would have to be pulled; what is started here ends with the engine.
    process.env["TESTCONTAINERS_RYUK_DISABLED"] = "true";
    await writeBuilder(builder, join(folder, "builder.tar"));
    await engine.run("podman", "load", "--quiet", "--input", join(folder, "builder.tar"));
    for (const target of targets) await build(repository, target);
  });
  afterEach(async () => {
    for (const container of started.splice(0)) await container.stop({ timeout: 2000 });
  });
  afterAll(async () => {
    await engine.stop();
    await rm(folder, { recursive: true });
  });

  test.each(targets)("makes of %s what its archive holds", async (target) => {
    const { archive, name } = await buildImage(target, definitions[target], join(repository, "dist/images"));
    await engine.run("podman", "load", "--quiet", "--input", archive);
    const [made, archived] = [await content(imageOf(target)), await content(name)];
    expect(made).toEqual(archived);
    expect(made.config).toMatchObject({ User: "65532:65532" });
  });

  test("makes the same images of a copy of the source at another time", async () => {
    const copy = join(folder, "copy");
    await mkdir(join(copy, "test"), { recursive: true });
    const sources = [
      "Dockerfile",
      ".dockerignore",
      "package.json",
      "package-lock.json",
      ".npmrc",
      "tsconfig.json",
    ];
    for (const path of [...sources, "crds", "edge", "operator", "scripts", "test/cluster"])
      await cp(join(repository, path), join(copy, path), { recursive: true });
    const before = await Promise.all(targets.map((target) => digestOf(target)));
    for (const target of targets) await build(copy, target, ...(target === "edge" ? ["--no-cache"] : []));
    expect(await Promise.all(targets.map((target) => digestOf(target)))).toEqual(before);
  });

  test("the operator says what it is not told", async () => {
    const container = new HardenedContainer(imageOf("operator")).withWaitStrategy(
      Wait.forLogMessage("EBB_NAMESPACE is not set; the Helm chart sets it."),
    );
    started.push(await container.start());
  });

  test("the operator lives without a cluster, and is not ready", async () => {
    const settings = {
      EBB_NAMESPACE: "ebb-system",
      POD_NAME: "operator-0",
      EBB_GATEWAY_IMAGE: "gateway",
      EBB_EDGE_IMAGE: "edge",
    };
    started.push(await new HardenedContainer(imageOf("operator")).withEnvironment(settings).start());
    await expect.poll(() => statusOf("http://127.0.0.1:8080/healthz")).toBe(200);
    expect(await statusOf("http://127.0.0.1:8080/readyz")).toBe(503);
  });

  test("the edge lives with its certificates and a disk, and is not ready without a manifest", async () => {
    const tls = await createPoolTls("shop");
    const files = {
      "tls.crt": tls.server.certificate,
      "tls.key": tls.server.key,
      "client-ca.crt": tls.clientAuthority.certificate,
    };
    await mkdir(join(folder, "tls"));
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, "tls", name), text);
    const container = new HardenedContainer(imageOf("edge"))
      .withBindMounts([{ source: join(folder, "tls"), target: "/etc/ebb/tls", mode: "ro" }])
      .withTmpFs({ "/data": "rw,mode=1777", "/state": "rw,mode=1777" });
    started.push(await container.start());
    await expect.poll(() => statusOf("http://127.0.0.1:8082/livez")).toBe(200);
    expect(await statusOf("http://127.0.0.1:8082/readyz")).toBe(503);
  });

  /** With layers, so that both targets share the stage that they copy from. */
  function build(context: string, target: Target, ...more: string[]): Promise<string> {
    const volume = `${join(repository, "node_modules")}:/src/node_modules:ro`;
    const what = ["--target", target, "--build-arg", `BUILDER=${builder}`, "--volume", volume, ...more];
    const how = ["--isolation", "chroot", "--pull-never", "--layers", "--timestamp", "0"];
    return engine.run("buildah", "build", ...how, ...what, "--tag", imageOf(target), context);
  }

  async function content(name: string): Promise<{ tree: string[]; config: object }> {
    const root = (await engine.run("podman", "image", "mount", name)).trim();
    const inspected = await engine.run("podman", "image", "inspect", name);
    const [{ Config }] = JSON.parse(inspected) as [{ Config: Record<string, unknown> }];
    const { Cmd, Entrypoint, Env, User, WorkingDir } = Config;
    return { tree: await treeOf(root), config: { Cmd, Entrypoint, Env, User, WorkingDir } };
  }

  async function digestOf(target: Target): Promise<string> {
    return (
      await engine.run("podman", "image", "inspect", "--format", "{{.Digest}}", imageOf(target))
    ).trim();
  }

  /** The status of the answer in the engine's namespace; 0 while nobody answers. */
  async function statusOf(url: string): Promise<number> {
    const ask = `fetch("${url}").then(({ status }) => console.log(status), () => console.log(0))`;
    return Number(await engine.run(process.execPath, "-e", ask));
  }
});
