/** The Wasm module and the container answer alike: every case on both, and what one makes the other takes. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Service, startService } from "../auth-container/start.ts";
import { authCases } from "./cases.ts";
import { authEnv } from "./cases/environment.ts";
import type { HttpCase } from "./cases/http-case.ts";
import { type Reply, type Request, runCgi } from "./run-cgi.ts";

const file = readFileSync(new URL("auth.wasm", import.meta.url));
const module = new WebAssembly.Module(file);
let service: Service;

beforeAll(async () => {
  service = await startService(authEnv);
});

afterAll(async () => {
  service.process.kill("SIGKILL");
  await service.exit;
});

async function askContainer({ method, path, headers, body }: Request): Promise<Reply> {
  const response = await fetch(service.url + path, {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
  });
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    text: await response.text(),
  };
}

async function askWasm(request: Request): Promise<Reply> {
  return runCgi(module, authEnv, request);
}

function requestOf({ method, path, headers, sends }: HttpCase): Request {
  return { method, path, headers, ...(sends === undefined ? {} : { body: sends }) };
}

function bodyOf({ normalise }: HttpCase, { text }: Reply): unknown {
  const body: unknown = text === "" ? undefined : JSON.parse(text);
  return normalise ? normalise(body) : body;
}

async function post(
  ask: (request: Request) => Promise<Reply>,
  path: string,
  fields: unknown,
): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const { text } = await ask({ method: "POST", path, headers, body: JSON.stringify(fields) });
  return JSON.parse(text);
}

describe("the container and the module", () => {
  it.each(authCases)("answer alike: $title", async (httpCase) => {
    const request = requestOf(httpCase);
    const replies = [await askContainer(request), await askWasm(request)] as const;
    for (const reply of replies) {
      expect({ status: reply.status, body: bodyOf(httpCase, reply) }).toEqual({
        status: httpCase.status,
        body: httpCase.body,
      });
      expect(reply.headers["content-type"]).toBe("application/json");
      expect(reply.headers["cache-control"]).toBe("no-store");
      expect(reply.headers["served-by"]).toBeUndefined();
      expect(reply.headers["allow"]).toBe(httpCase.allow);
    }
    const [container, wasm] = replies.map((reply) =>
      httpCase.normalise ? JSON.stringify(bodyOf(httpCase, reply)) : reply.text,
    );
    expect(wasm).toBe(container);
  });

  it.each([
    ["container", "module", askContainer, askWasm],
    ["module", "container", askWasm, askContainer],
  ] as const)("trust each other: what the %s makes, the %s takes", async (_maker, _taker, make, take) => {
    const made = await post(make, "/v1/passwords/hash", { password: "pässwörd" });
    expect(await post(take, "/v1/passwords/verify", { password: "pässwörd", ...Object(made) })).toEqual({
      valid: true,
    });
    const token = await post(make, "/v1/tokens", {
      subject: "ada",
      ttlSeconds: 60,
      claims: { role: "admin" },
    });
    expect(await post(take, "/v1/tokens/verify", token)).toMatchObject({
      valid: true,
      claims: { role: "admin" },
    });
  });

  it.each([
    [{ AUTH_KEY: "short" }, "AUTH_KEY", "must be set to 32 bytes or more"],
    [{ ...authEnv, AUTH_ISSUER: "" }, "AUTH_ISSUER", "must have 1 to 256 bytes"],
    [
      { ...authEnv, AUTH_ARGON2_PASSES: "1.5" },
      "AUTH_ARGON2_PASSES",
      "must be a whole number without leading zeros",
    ],
    [{ ...authEnv, SERVED_BY: "a\nb: c" }, "SERVED_BY", "must be 1 to 64 letters, digits or . _ -"],
    [
      { ...authEnv, AUTH_ARGON2_MEMORY_KIB: "65537" },
      "AUTH_ARGON2_MEMORY_KIB",
      "must be 8 to 65536, and at most 262144 when multiplied by AUTH_ARGON2_PASSES",
    ],
  ])("refuse the environment %j", async (env, field, message) => {
    const reply = runCgi(module, env, { method: "GET", path: "/healthz", headers: {} });
    expect([reply.status, JSON.parse(reply.text)]).toEqual([500, { error: { field, message } }]);
    await expect(startService(env)).rejects.toThrow(`${field} ${message}`);
  });

  it("name themselves in every answer when SERVED_BY is set", async () => {
    const env = { ...authEnv, SERVED_BY: "edge-1.a_b" };
    const named = await startService(env);
    try {
      for (const path of ["/healthz", "/nowhere"]) {
        const response = await fetch(named.url + path);
        const reply = runCgi(module, env, { method: "GET", path, headers: {} });
        expect(response.headers.get("served-by")).toBe(env.SERVED_BY);
        expect(reply.headers["served-by"]).toBe(env.SERVED_BY);
      }
    } finally {
      named.process.kill("SIGKILL");
      await named.exit;
    }
    const broken = runCgi(module, { SERVED_BY: "edge" }, { method: "GET", path: "/healthz", headers: {} });
    expect([broken.status, broken.headers["served-by"]]).toEqual([500, "edge"]);
  });

  it("hash with the cost that the environment sets", async () => {
    const env = { ...authEnv, AUTH_ARGON2_MEMORY_KIB: "64", AUTH_ARGON2_PASSES: "2" };
    const hashed = await post(async (request) => runCgi(module, env, request), "/v1/passwords/hash", {
      password: "x",
    });
    expect(hashed).toEqual({ hash: expect.stringContaining("$m=64,t=2,p=1$") });
  });

  it("give every hash a salt of its own", async () => {
    const hashes = [1, 2].map(() => post(askWasm, "/v1/passwords/hash", { password: "x" }));
    const [first, second] = await Promise.all(hashes);
    expect(first).not.toEqual(second);
  });
});

describe("auth.wasm", () => {
  it("imports functions of wasi_snapshot_preview1 and nothing else", () => {
    const imports = WebAssembly.Module.imports(module);
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
