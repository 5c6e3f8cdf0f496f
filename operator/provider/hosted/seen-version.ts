/** Whether a version answers at a function's hostname, asked there only when something may have changed. */
import type { Clock } from "../../api/clock.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { recheckMs } from "./outcomes.ts";
import type { Answering, Probe } from "./probe.ts";

/** What is remembered of a function between passes. */
export interface SeenState {
  /** The version that was seen to answer. */
  seen?: {
    readonly version: string;
    /** What the list said of the function when it was looked at; another content means that something has changed it. */
    readonly fingerprint: string;
    readonly at: number;
  };
}

export interface Looking {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly state: SeenState;
  readonly host: string;
}

export interface Seen {
  readonly outcome: Outcome;
  /** What answers; undefined when nothing of ours does, or when it was not asked. */
  readonly answering: Answering | undefined;
}

/** Milliseconds after which what was seen is looked at again though the list tells of no change. */
const seenMs = 600_000;

/** fingerprint is undefined while the list cannot be had: nothing is remembered then. */
export async function look(
  { probe, clock, state, host }: Looking,
  fingerprint: string | undefined,
  version: string,
): Promise<Seen> {
  const { seen } = state;
  const isKnown = seen?.version === version && seen.fingerprint === fingerprint;
  if (isKnown && clock.now() - seen.at < seenMs) return { outcome: done, answering: undefined };
  const answer = await probe(host);
  if (typeof answer === "string")
    return {
      outcome: pending("Publishing", `${host} ${answer}; the function is on its way there.`),
      answering: undefined,
    };
  if (answer.tag !== version)
    return {
      outcome: pending("Publishing", `${host} does not answer with version ${version} yet.`),
      answering: answer,
    };
  if (answer.problem !== undefined)
    return {
      outcome: pending("ModuleLoadFailed", `The module cannot be run: ${answer.problem}`, recheckMs),
      answering: answer,
    };
  if (fingerprint !== undefined) state.seen = { version, fingerprint, at: clock.now() };
  return { outcome: done, answering: answer };
}
