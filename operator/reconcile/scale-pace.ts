/**
 * How a workload whose pods end abruptly is scaled down: a few at a time, each after callers have heard of the former.
 * Load balancers take the first change of a Service's endpoints at once and gather those that follow for some time
 * (kube-proxy 1 s, Traefik 2 s by default); pods that go within that time still get requests.
 */
import { parseDuration } from "../api/duration.ts";
import type { Clock } from "../api/clock.ts";
import type { Context } from "./context.ts";

/** Between two steps: twice what callers gather changes for, and the time in which a pod's end is told. */
export const stepInterval = "5s";

/** A workload of many replicas goes by several a step, so that it is gone within a minute. */
const maxSteps = 12;

/** Replicas that go in one step, of a workload that had that many. */
export function stepSize(ctx: Context, replicas: number): number {
  const findings = ctx.status.fields.assessment?.findings ?? [];
  const isAbrupt = findings.some(({ code }) => code === "AbruptShutdown");
  return isAbrupt ? Math.ceil(replicas / maxSteps) : replicas;
}

/** When the last step of each function was; an operator that does not know waits once more. */
export class ScalePace {
  readonly #clock: Clock;
  readonly #last = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds until the next step of the function with this uid may come. */
  left(uid: string): number {
    const last = this.#last.get(uid) ?? this.step(uid);
    return last + parseDuration(stepInterval) - this.#clock.now();
  }

  /** A step is being made. */
  step(uid: string): number {
    const now = this.#clock.now();
    this.#last.set(uid, now);
    return now;
  }

  /** The workload is at zero. */
  forget(uid: string): void {
    this.#last.delete(uid);
  }
}
