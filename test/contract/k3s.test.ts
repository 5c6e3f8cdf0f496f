/** The k3s maker on a container engine that has no way out: a stand-in for k3s's image, and no real one. */
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isK3sUp, k3sImage, k3sLayout, startK3s, stopK3s, whyNoK3s } from "../cluster/k3s.ts";
import { type Engine, startEngine, whyNoEngine } from "../images/engine.ts";
import { writeK3sStandIn } from "../images/k3s-stand-in.ts";

const standIn = "ebb.local/k3s-stand-in:test";
const name = "stand-in";
const missing = whyNoEngine();
if (missing !== undefined) console.warn(`SKIPPED: the k3s maker is not tried: ${missing}`);

describe.skipIf(missing !== undefined)("the k3s maker", () => {
  let engine: Engine;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "ebb-k3s-"));
    engine = await startEngine("ebb-k3s");
    process.env["DOCKER_HOST"] = engine.host;
    await writeK3sStandIn(standIn, join(folder, "image.tar"));
    await engine.run("podman", "load", "--quiet", "--input", join(folder, "image.tar"));
  });
  afterAll(async () => {
    await stopK3s(name);
    await engine.stop();
    await rm(folder, { recursive: true });
  });

  test("is not there where the engine cannot pull k3s, and says so", async () => {
    const reason = await whyNoK3s();
    console.warn(`NOT RUN: a real k3s, because ${reason}`);
    expect(reason).toContain(`the container engine cannot pull ${k3sImage()}`);
  });

  test("is there where the engine has the image", async () => {
    expect(await whyNoK3s(standIn)).toBeUndefined();
  });

  test("starts one container a name, which stays until it is taken down", async () => {
    expect(await isK3sUp(name)).toBe(false);
    const first = await startK3s(name, standIn);
    expect(await isK3sUp(name)).toBe(true);
    expect((await startK3s(name, standIn)).pid).toBe(first.pid);
    expect(first.address).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
    expect(readFileSync(first.kubeconfig, "utf8")).toMatch(/server: https:\/\/[^:]+:(?!6443)\d+}/);
    expect(readFileSync(first.insideKubeconfig, "utf8")).toContain(`server: https://${first.address}:6443}`);
    await writeFile(join(folder, "some.tar"), "an archive");
    await first.load(join(folder, "some.tar"));
    const imported = ["--namespace", "k8s.io", "images", "import", "/tmp/some.tar", "an archive"];
    expect(await engine.run("podman", "exec", `ebb-k3s-${name}`, "/bin/node", "-p", readLog)).toBe(
      `${JSON.stringify(imported)}\n\n`,
    );
    await stopK3s(name);
    expect(await isK3sUp(name)).toBe(false);
    expect(existsSync(k3sLayout(name).state)).toBe(false);
  });
});

const readLog = 'require("node:fs").readFileSync("/tmp/ctr.log", "utf8")';
