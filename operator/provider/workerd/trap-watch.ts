/** Asks the pods of a pool how modules failed, and tells it: at most once a minute a function. */
import type { Clock } from "../../api/clock.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import { PoolRequestFailed } from "./pool-client.ts";
import type { PoolClient } from "./pool-client.ts";
import type { PoolPod } from "./pool-pods.ts";
import type { PoolReport, Trap } from "./pool-report.ts";

/** A module that failed to answer; times is how often on that pod since it was told last. */
export interface TrappedModule extends Pick<Trap, "message" | "stderr"> {
  readonly key: FunctionKey;
  readonly version: string;
  readonly pod: string;
  readonly times: number;
}

export interface TrapWatchDeps {
  readonly clock: Clock;
  readonly tell: (trapped: TrappedModule) => Promise<void>;
}

/** Milliseconds. */
const quiet = 60_000;

/**
 * Guarantees: no request to a pod on which nothing has failed since; a failure within the quiet minute is told after it.
 * Caveats: of a pod that it sees for the first time an operator tells what is younger than a minute, which the one before
 * it may have told.
 */
export class TrapWatch {
  readonly #deps: TrapWatchDeps;
  /** How many failures of each version are told, by the pod's incarnation and then by name. */
  readonly #told = new Map<string, Map<string, number>>();
  readonly #lastTold = new Map<string, number>();

  constructor(deps: TrapWatchDeps) {
    this.#deps = deps;
  }

  async look(
    client: Pick<PoolClient, "getTrap">,
    pods: readonly PoolPod[],
    reportOf: (pod: PoolPod) => PoolReport | undefined,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    for (const [key, time] of this.#lastTold) if (now - time >= quiet) this.#lastTold.delete(key);
    for (const pod of pods) {
      const report = reportOf(pod);
      if (report !== undefined) await this.#lookAt(client, pod, report);
    }
    const living = new Set(pods.map(({ incarnation }) => incarnation));
    for (const incarnation of this.#told.keys()) if (!living.has(incarnation)) this.#told.delete(incarnation);
  }

  async #lookAt(client: Pick<PoolClient, "getTrap">, pod: PoolPod, { traps }: PoolReport): Promise<void> {
    const known = this.#told.get(pod.incarnation);
    const told = known ?? new Map<string, number>();
    this.#told.set(pod.incarnation, told);
    for (const [name, count] of traps) {
      const [key = "", version = ""] = name.split("/");
      const before = told.get(name) ?? 0;
      if (count === before || this.#lastTold.has(key)) continue;
      const trap = await askFor(client, pod, name);
      if (trap === undefined) continue;
      told.set(name, trap.count);
      if (known === undefined && trap.ageMs > quiet) continue;
      this.#lastTold.set(key, this.#deps.clock.now());
      const { message, stderr } = trap;
      const times = trap.count - before;
      await this.#deps.tell({ key: key as FunctionKey, version, pod: pod.name, times, message, stderr });
    }
    for (const name of told.keys()) if (!traps.has(name)) told.delete(name);
  }
}

/** Undefined when the pod does not answer: the next look asks again. */
async function askFor(
  client: Pick<PoolClient, "getTrap">,
  pod: PoolPod,
  name: string,
): Promise<Trap | undefined> {
  try {
    return await client.getTrap(pod.address, name);
  } catch (error) {
    if (error instanceof PoolRequestFailed) return undefined;
    throw error;
  }
}
