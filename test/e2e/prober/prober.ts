/** Sends requests at a fixed rate and reports, second by second, what became of them. */
import { Agent } from "node:http";
import type { ProberConfig, ProbeRequest } from "./config.ts";
import { exchange } from "./exchange.ts";
import { type Counts, describeRequest, type Incident, Tally } from "./tally.ts";
import { judge } from "./verdict.ts";

/** One line of a prober's output. */
export type Report =
  | {
      readonly type: "second";
      readonly name: string;
      readonly time: number;
      readonly counts: Counts;
      readonly pending: number;
    }
  | { readonly type: "incident"; readonly name: string; readonly incident: Incident }
  | { readonly type: "summary"; readonly name: string; readonly counts: Counts };

/** Milliseconds between two looks at the schedule; what is due is sent at once. */
const tick = 10;

/** Incidents that are told each second at most; all are counted. */
const incidentsASecond = 20;

/**
 * Milliseconds that a kept connection may be unused, as undici has it: given up before a server that ends gives it up,
 * so that no request leaves on a connection in the moment in which the other end closes it.
 */
const unusedMs = 4000;

/**
 * Sends until signal aborts, waits for the answers that are still due, and gives the total.
 * The schedule does not wait for answers: a service that stalls gets no fewer requests.
 */
export async function probe(
  config: ProberConfig,
  report: (report: Report) => void,
  signal: AbortSignal,
): Promise<Counts> {
  const prober = new Prober(config, report);
  await prober.sendUntil(signal);
  return prober.finish();
}

class Prober {
  readonly #config: ProberConfig;
  readonly #report: (report: Report) => void;
  readonly #agents = {
    kept: new Agent({ keepAlive: true, timeout: unusedMs }),
    fresh: new Agent({ keepAlive: false }),
  };
  readonly #total = new Tally();
  readonly #pending = new Set<Promise<void>>();
  #second = new Tally();
  #incidents = 0;

  constructor(config: ProberConfig, report: (report: Report) => void) {
    this.#config = config;
    this.#report = report;
  }

  async sendUntil(signal: AbortSignal): Promise<void> {
    const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
    const started = performance.now();
    let due = 0;
    const send = (): void => {
      if (signal.aborted) return;
      const wanted = Math.floor(((performance.now() - started) / 1000) * this.#config.rate);
      for (; due < wanted; due++) this.#send(due, started + (due * 1000) / this.#config.rate);
    };
    // Immediates run after sockets have been read: a kept connection that its server has closed is not used again.
    const sender = setInterval(() => setImmediate(send), tick);
    const reporter = setInterval(() => this.#tell(), 1000);
    signal.addEventListener("abort", () => stop(), { once: true });
    if (signal.aborted) stop();
    await stopped;
    clearInterval(sender);
    clearInterval(reporter);
  }

  async finish(): Promise<Counts> {
    await Promise.all(this.#pending);
    this.#tell();
    for (const agent of Object.values(this.#agents)) agent.destroy();
    const counts = this.#total.counts();
    this.#report({ type: "summary", name: this.#config.name, counts });
    return counts;
  }

  #send(index: number, due: number): void {
    const { requests, connections } = this.#config;
    const request = requests[index % requests.length];
    if (request === undefined) return;
    // In turn by rounds, so that with every number of requests each of them meets both kinds of connection.
    const round = Math.floor(index / requests.length);
    const kept = connections === "mixed" ? round % 2 === 0 : connections === "keep-alive";
    for (const tally of [this.#total, this.#second]) tally.send();
    const pending = this.#exchange(request, kept, due).finally(() => this.#pending.delete(pending));
    this.#pending.add(pending);
  }

  async #exchange(request: ProbeRequest, kept: boolean, due: number): Promise<void> {
    const agent = kept ? this.#agents.kept : this.#agents.fresh;
    const { seen, retried } = await exchange(this.#config, request, agent);
    const verdict = judge(request, seen);
    for (const tally of [this.#total, this.#second]) tally.end(verdict, retried, performance.now() - due);
    if (verdict.kind === "ok" || this.#incidents++ >= incidentsASecond) return;
    const { kind, detail } = verdict;
    const connection = kept ? "keep-alive" : "close";
    const incident = { time: Date.now(), kind, request: describeRequest(request), connection, detail };
    this.#report({ type: "incident", name: this.#config.name, incident });
  }

  #tell(): void {
    const [counts, pending] = [this.#second.counts(), this.#pending.size];
    this.#second = new Tally();
    this.#incidents = 0;
    this.#report({ type: "second", name: this.#config.name, time: Date.now(), counts, pending });
  }
}
