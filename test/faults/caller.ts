/** Somebody who calls a Service: each request goes to one of its ready endpoints, as kube-proxy would send it. */
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { services } from "../../operator/kube/objects.ts";
import { readyBackends } from "../kit/fake-cluster/dns.ts";
import { namespace } from "./checkout.ts";
import type { World } from "./world.ts";

/** Answers by body, and requests that got none or one of 5xx. */
export interface Calls {
  readonly bodies: ReadonlyMap<string, number>;
  readonly lost: readonly string[];
}

/** Sends count requests one after the other, in turn to every endpoint. */
export async function call(world: World, serviceName: string, count: number): Promise<Calls> {
  const tally = new Tally();
  for (let turn = 0; turn < count; turn += 1) await tally.add(once(world, serviceName, turn));
  return tally;
}

export interface Prober {
  /** Ends the calls. */
  stop(): Promise<Calls>;
}

/** Calls on and on, from now to stop. */
export function startProber(world: World, serviceName: string): Prober {
  const tally = new Tally();
  const end = new AbortController();
  const run = async (): Promise<void> => {
    for (let turn = 0; !end.signal.aborted; turn += 1) {
      await tally.add(once(world, serviceName, turn));
      await delay(1);
    }
  };
  const running = run();
  return {
    stop: async () => {
      end.abort();
      await running;
      return tally;
    },
  };
}

class Tally implements Calls {
  readonly bodies = new Map<string, number>();
  readonly lost: string[] = [];

  async add(answer: Promise<string>): Promise<void> {
    try {
      const body = await answer;
      this.bodies.set(body, (this.bodies.get(body) ?? 0) + 1);
    } catch (error) {
      this.lost.push(error instanceof Error ? error.message : String(error));
    }
  }
}

/** The body of the answer. Errors: when there is no endpoint, no answer, or one of 500 and above. */
function once(world: World, serviceName: string, turn: number): Promise<string> {
  const service = world.server.read(services, { namespace, name: serviceName });
  const port = service?.spec.ports?.[0]?.port ?? 0;
  const backends = service === undefined ? [] : readyBackends(world.server, service, port);
  const backend = backends[turn % backends.length];
  if (backend === undefined) return Promise.reject(new Error(`Service ${serviceName} has no ready endpoint`));
  return new Promise((resolve, reject) => {
    const request = get({ ...backend, path: "/", agent: false }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        body += chunk;
      });
      response.on("error", reject);
      response.on("end", () => {
        if ((response.statusCode ?? 500) < 500) resolve(body);
        else reject(new Error(`${backend.host}:${backend.port} answered ${response.statusCode}: ${body}`));
      });
    });
    request.once("error", reject);
  });
}
