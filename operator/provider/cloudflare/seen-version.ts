/** Whether a version answers at a function's hostname, asked there only when something may have changed. */
import type { Clock } from "../../api/clock.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import type { ListedScript } from "./api-client.ts";
import { recheckMs } from "./outcome-of.ts";
import type { Answering, Probe } from "./probe.ts";
import type { ScriptState } from "./script-state.ts";

export interface Looking {
  readonly probe: Probe;
  readonly clock: Clock;
  readonly state: ScriptState;
  readonly host: string;
}

export interface Seen {
  readonly outcome: Outcome;
  /** What answers; undefined when nothing of ours does, or when it was not asked. */
  readonly answering: Answering | undefined;
}

/** Milliseconds after which what was seen is looked at again though the list tells of no change. */
const seenMs = 600_000;

/** listed is undefined while the list cannot be had: nothing is remembered then. */
export async function look(
  { probe, clock, state, host }: Looking,
  listed: ListedScript | undefined,
  version: string,
): Promise<Seen> {
  const fingerprint = listed === undefined ? undefined : `${listed.etag} ${listed.modified_on}`;
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
