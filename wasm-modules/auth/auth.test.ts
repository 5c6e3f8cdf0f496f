/** The Wasm module and the container answer alike: every case on both, and what one makes the other takes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Agent } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Ask, type Both, type Reply, startBoth } from "./both.ts";
import { caseSets } from "./cases.ts";
import { ed25519Env } from "./cases/environment.ts";
import { type HttpCase, ask, post } from "./cases/http-case.ts";

const named = { name: "named", env: { ...ed25519Env, SERVED_BY: "edge-1.a_b" } };
const agent = new Agent({ keepAlive: true });
let both: Both;

beforeAll(async () => {
  both = await startBoth([...caseSets, named], "127.64.0.1", agent);
});

afterAll(async () => {
  agent.destroy();
  await both.stop();
});

function bodyOf({ normalise }: HttpCase, { text }: Reply): unknown {
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  return normalise ? normalise(body) : body;
}

/** What a client goes by. */
function answerOf({ status, headers }: Reply): unknown {
  const { allow, "cache-control": cache, "content-type": type, "served-by": by } = headers;
  return { status, allow, cache, type, by };
}

async function made(by: Ask, path: string, fields: unknown): Promise<unknown> {
  return JSON.parse((await by(post(path, fields))).text);
}

describe.each(caseSets)("the container and the module under $name", ({ name, cases }) => {
  it.each(cases)("answer alike: $title", async (httpCase) => {
    const { container, wasm } = both.under(name);
    const replies = await Promise.all([container(httpCase), wasm(httpCase)]);
    for (const reply of replies) {
      expect(bodyOf(httpCase, reply)).toEqual(httpCase.body);
      expect(answerOf(reply)).toEqual({
        status: httpCase.status,
        allow: httpCase.allow,
        cache: httpCase.cache ?? "no-store",
        type: "application/json",
        by: undefined,
      });
    }
    const [ofContainer, ofWasm] = replies;
    expect(answerOf(ofWasm)).toEqual(answerOf(ofContainer));
    if (!httpCase.normalise) expect(ofWasm.text).toBe(ofContainer.text);
    if (httpCase.method !== "HEAD") return;
    expect(ofWasm.headers["content-length"]).toBe(ofContainer.headers["content-length"]);
  });

  it("have cases of different titles", () => {
    const titles = cases.map(({ title }) => title);
    expect(titles.filter((title, at) => titles.indexOf(title) !== at)).toEqual([]);
  });

  it.each([
    ["container", "wasm"],
    ["wasm", "container"],
  ] as const)("trust each other: a token of the %s holds for the %s", async (maker, taker) => {
    const pair = both.under(name);
    const [make, take] = [pair[maker], pair[taker]];
    const token = await made(make, "/v1/tokens", {
      subject: "ada",
      ttlSeconds: 60,
      claims: { role: "admin" },
    });
    expect(await made(take, "/v1/tokens/verify", token)).toMatchObject({
      valid: true,
      claims: { role: "admin" },
    });
  });
});

it("the container and the module take each other's hashes, whose salts all differ", async () => {
  const { container, wasm } = both.under("hs256");
  const hashes = await Promise.all(
    [container, container, wasm, wasm].map((each) =>
      made(each, "/v1/passwords/hash", { password: "pässwörd" }),
    ),
  );
  expect(new Set(hashes.map((hash) => JSON.stringify(hash))).size).toBe(4);
  const [ofContainer, , ofWasm] = hashes.map((hash) => ({ password: "pässwörd", ...Object(hash) }));
  expect(await made(wasm, "/v1/passwords/verify", ofContainer)).toEqual({ valid: true });
  expect(await made(container, "/v1/passwords/verify", ofWasm)).toEqual({ valid: true });
});

it.each(["/healthz", "/nowhere", "/.well-known/jwks.json"])(
  "the container and the module name themselves at %s when SERVED_BY is set",
  async (path) => {
    for (const each of Object.values(both.under("named"))) {
      expect((await each(ask("GET", path))).headers["served-by"]).toBe(named.env.SERVED_BY);
    }
  },
);

describe("auth.wasm", () => {
  const file = readFileSync(new URL("auth.wasm", import.meta.url));

  it("imports functions of wasi_snapshot_preview1 and nothing else", () => {
    const imports = WebAssembly.Module.imports(new WebAssembly.Module(file));
    expect(new Set(imports.map(({ module: from, kind }) => `${from} ${kind}`))).toEqual(
      new Set(["wasi_snapshot_preview1 function"]),
    );
  });

  it("is under 400 kB and is what checksums.txt says", () => {
    expect(file.length).toBeLessThan(400_000);
    const sums = readFileSync(new URL("../checksums.txt", import.meta.url), "utf8");
    expect(sums).toContain(`${createHash("sha256").update(file).digest("hex")}  auth/auth.wasm\n`);
  });
});
