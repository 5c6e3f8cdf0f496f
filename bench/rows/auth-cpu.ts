/** What the auth service costs in processor time a request: in its container and as a module in the pool. */
import { Agent } from "node:http";
import { type Both, type Pair, startBoth } from "../../wasm-modules/auth/both.ts";
import { authEnv, ed25519Env } from "../../wasm-modules/auth/cases/environment.ts";
import { ask, type CaseRequest, post } from "../../wasm-modules/auth/cases/http-case.ts";
import { usageOf } from "../process-usage.ts";
import type { Bench, Figure, Row } from "../row.ts";

interface Requests {
  /** Of one kind and one side in a round; of those that hash a password a fiftieth. */
  readonly each: number;
  /** In a round both sides take turns, so that what disturbs the machine disturbs both. */
  readonly rounds: number;
}

interface Kind {
  readonly what: string;
  readonly environment: "hs256" | "ed25519";
  readonly request: (pair: Pair) => Promise<CaseRequest>;
  readonly share: number;
}

const address = "127.64.0.4";
const environments = [
  { name: "hs256", env: authEnv },
  { name: "ed25519", env: ed25519Env },
];
const password = "correct horse battery staple";

const kinds: readonly Kind[] = [
  { what: "health", environment: "hs256", request: () => Promise.resolve(ask("GET", "/healthz")), share: 1 },
  { what: "verify an HS256 token", environment: "hs256", request: tokenToVerify, share: 1 },
  { what: "verify an Ed25519 token", environment: "ed25519", request: tokenToVerify, share: 1 },
  {
    what: "login: verify a password (argon2id, 7 MiB, 5 passes)",
    environment: "hs256",
    request: login,
    share: 1 / 50,
  },
];

export const authCpu = authCpuRow({ each: 2_000, rounds: 5 });

function authCpuRow(requests: Requests): Row {
  return {
    name: "auth-cpu",
    title: `processor time a request of the auth service, as a module in the pool and in its container, ${requests.rounds} rounds of ${requests.each}`,
    measure: async (bench) => {
      const agent = new Agent({ keepAlive: true });
      bench.defer(async () => agent.destroy());
      const both = await startBoth(environments, address, agent);
      bench.defer(() => both.stop());
      const figures: Figure[] = [];
      for (const kind of kinds) figures.push(await measureKind(bench, both, kind, requests));
      return figures;
    },
  };
}

async function measureKind(
  bench: Bench,
  both: Both,
  kind: Kind,
  { each, rounds }: Requests,
): Promise<Figure> {
  const pair = both.under(kind.environment);
  const request = await kind.request(pair);
  const count = Math.max(1, Math.round(each * kind.share));
  const spent = { container: 0, wasm: 0 };
  // Both have compiled what they will run, and have their connections, before anything is counted.
  for (const side of sides) await send(pair, side, request, count);
  for (let round = 0; round < rounds; round++) {
    for (const side of sides) {
      const pids = [both.pids(kind.environment)[side]];
      const before = await usageOf(pids);
      await send(pair, side, request, count);
      spent[side] += (await usageOf(pids)).cpuSeconds - before.cpuSeconds;
    }
  }
  const value = (spent.wasm / (count * rounds)) * 1000;
  const peer = { what: "container", value: (spent.container / (count * rounds)) * 1000 };
  bench.log(`${kind.what}: module ${value.toFixed(3)} ms, container ${peer.value.toFixed(3)} ms`);
  return { what: kind.what, value, unit: "ms", peer };
}

const sides = ["container", "wasm"] as const;

async function send(pair: Pair, side: keyof Pair, request: CaseRequest, count: number): Promise<void> {
  for (let sent = 0; sent < count; sent++) {
    const { status } = await pair[side](request);
    if (status !== 200) throw new Error(`${side} answered ${status} to ${request.path}`);
  }
}

async function tokenToVerify({ container }: Pair): Promise<CaseRequest> {
  const { text } = await container(
    post("/v1/tokens", { subject: "ada", ttlSeconds: 86_400, claims: { role: "admin" } }),
  );
  return post("/v1/tokens/verify", text);
}

async function login({ container }: Pair): Promise<CaseRequest> {
  const { text } = await container(post("/v1/passwords/hash", { password }));
  return post("/v1/passwords/verify", { password, ...Object(JSON.parse(text)) });
}
