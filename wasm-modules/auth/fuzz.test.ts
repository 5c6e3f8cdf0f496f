/**
 * The container and the module answer alike whatever is asked: the same seeded requests to both.
 *
 * `AUTH_FUZZ_SEED` and `AUTH_FUZZ_SECONDS` choose other requests and more time than the few seconds of a test run.
 */
import * as fc from "fast-check";
import { Agent } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";

import { type Both, type Reply, startBoth } from "./both.ts";
import { ed25519Env } from "./cases/environment.ts";
import type { CaseRequest } from "./cases/http-case.ts";
import { normaliseToken } from "./cases/signed-token.ts";
import { anyRequest } from "./fuzz/requests.ts";

const seed = Number(process.env["AUTH_FUZZ_SEED"] ?? 8032);
const seconds = Number(process.env["AUTH_FUZZ_SECONDS"] ?? 10);
const numRuns = process.env["AUTH_FUZZ_SECONDS"] === undefined ? 2_000 : 10_000_000;

/** The least cost: hashes are compared by their form, and time is for other requests. */
const env = { ...ed25519Env, AUTH_ARGON2_MEMORY_KIB: "8", AUTH_ARGON2_PASSES: "1" };
const agent = new Agent({ keepAlive: true });
let both: Both;

beforeAll(async () => {
  both = await startBoth([{ name: "fuzz", env }], "127.64.0.2", agent);
});

afterAll(async () => {
  agent.destroy();
  await both.stop();
});

/** An answer with fixed words for what is random or follows the clock. */
function comparable({ status, headers, text }: Reply): unknown {
  const { allow, "cache-control": cache, "content-type": type } = headers;
  return { status, allow, cache, type, body: fixed(text) };
}

function fixed(text: string): unknown {
  if (text.startsWith('{"token":')) return normaliseToken(JSON.parse(text));
  return text.replace(/^(\{"hash":"\$argon2id\$v=19\$m=8,t=1,p=1)\$[\w+/]{22}\$[\w+/]{43}"/, "$1<salt><tag>");
}

it(
  "the container and the module answer alike whatever is asked",
  async () => {
    const { container, wasm } = both.under("fuzz");
    const alike = async (request: CaseRequest): Promise<void> => {
      const [ofContainer, ofWasm] = await Promise.all([container(request), wasm(request)]);
      expect(comparable(ofWasm)).toEqual(comparable(ofContainer));
    };
    await fc.assert(fc.asyncProperty(anyRequest, alike), {
      seed,
      numRuns,
      interruptAfterTimeLimit: seconds * 1000,
    });
  },
  (seconds + 60) * 1000,
);
