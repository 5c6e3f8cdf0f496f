import { readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createLog } from "../../telemetry/log.ts";
import { BlobCache } from "../blob-cache.ts";
import { digestOf } from "../digest.ts";
import { ModuleError } from "../module-error.ts";
import { AdaptedModules } from "./adapted-modules.ts";
import { TranspilerEnded } from "./run-transpiler.ts";

let folder: string;
let made: string[];
let running: number;
let atOnce: number;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ebb-adapted-"));
  made = [];
  running = 0;
  atOnce = 0;
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function transpile(component: Uint8Array): Promise<Uint8Array> {
  running += 1;
  atOnce = Math.max(atOnce, running);
  const text = Buffer.from(component).toString();
  made.push(text);
  await new Promise((resolve) => setTimeout(resolve, 1));
  running -= 1;
  if (text === "refused") throw new ModuleError("ModuleNotAdapted", "The component is refused.");
  if (text === "ended") throw new TranspilerEnded("It ended.");
  return Buffer.from(`bundle of ${text}`);
}

function cacheOf(maxBytes = 1000): BlobCache {
  return new BlobCache({ dir: folder, maxBytes, log: createLog("silent") });
}

it("keeps no error of who gives the component", async () => {
  const adapted = new AdaptedModules({ cache: cacheOf(), transpile });
  const component = Buffer.from("a");
  const away = new ModuleError("ModuleTruncated", "It was not read whole.");
  await expect(adapted.adapt(digestOf(component), () => Promise.reject(away))).rejects.toBe(away);
  expect(await adapted.adapt(digestOf(component), async () => component)).toMatchObject({
    bytes: Buffer.from("bundle of a"),
  });
});

function modules(limit?: number): (text: string) => Promise<string> {
  const adapted = new AdaptedModules({ cache: cacheOf(limit), transpile });
  return async (text) => {
    const component = Buffer.from(text);
    const { bytes, digest } = await adapted.adapt(digestOf(component), async () => component);
    expect(digest).toBe(digestOf(bytes));
    expect(adapted.digestFor(digestOf(component))).toBe(digest);
    return Buffer.from(bytes).toString();
  };
}

it("makes each component once, and one at a time", async () => {
  const adapt = modules();
  const texts = ["a", "b", "a", "c", "b"];
  expect(await Promise.all(texts.map(adapt))).toEqual(texts.map((text) => `bundle of ${text}`));
  expect(await adapt("a")).toBe("bundle of a");
  expect([made, atOnce]).toEqual([["a", "b", "c"], 1]);
});

it("takes no other component for the one that is asked for", async () => {
  const adapted = new AdaptedModules({ cache: cacheOf(), transpile });
  const digest = digestOf(Buffer.from("a"));
  await expect(adapted.adapt(digest, async () => Buffer.from("b"))).rejects.toThrow("instead of");
  expect(made).toEqual([]);
});

it("makes what was damaged on the disk again", async () => {
  const adapt = modules();
  await adapt("a");
  const [file = ""] = readdirSync(folder);
  writeFileSync(join(folder, file), "spoiled");
  expect(await adapt("a")).toBe("bundle of a");
  expect(made).toEqual(["a", "a"]);
});

it("lets go of what was used longest ago when there is too much", async () => {
  const adapt = modules(2 * "bundle of a".length);
  for (const text of ["a", "b", "a", "c", "a", "b"]) await adapt(text);
  expect(made).toEqual(["a", "b", "c", "b"]);
  expect(readdirSync(folder)).toHaveLength(2);
});

it("keeps a refusal, and tries again what ended for want of time or memory", async () => {
  const adapt = modules();
  for (let time = 0; time < 2; time++) {
    await expect(adapt("refused")).rejects.toBeInstanceOf(ModuleError);
    await expect(adapt("ended")).rejects.toBeInstanceOf(TranspilerEnded);
  }
  expect(made).toEqual(["refused", "ended", "ended"]);
  expect(await adapt("a")).toBe("bundle of a");
});
