/** The edges that targets of one kind name: a provider for each setup, and the check of its credentials. */
import { LRUCache } from "lru-cache";
import type { Clock } from "../../api/clock.ts";
import { done, type Outcome, type Pending } from "../../api/outcome.ts";
import type { Provider } from "../provider.ts";

export interface TargetEdges<Spec> {
  /** namespace is that of the token's Secret. */
  provider(spec: Spec, namespace: string): Provider;
  /** Done when the token opens what the spec names. One call in 20 s at most. */
  check(spec: Spec, namespace: string): Promise<Outcome>;
}

export interface TargetEdgesDeps<Spec> {
  readonly clock: Clock;
  readonly make: (spec: Spec, namespace: string) => Provider;
  /** What is wrong; undefined when nothing is. */
  readonly check: (spec: Spec, namespace: string) => Promise<Pending | undefined>;
  /** Undefined for an error that is not the edge's. */
  readonly outcomeOf: (error: unknown) => Pending | undefined;
}

/** Setups of targets whose provider and whose last check are remembered. */
const most = 256;
/** Milliseconds for which a check is believed: every function that comes or goes asks for its target's. */
const believedMs = 20_000;

export function createTargetEdges<Spec>(deps: TargetEdgesDeps<Spec>): TargetEdges<Spec> {
  const { clock } = deps;
  const providers = new LRUCache<string, Provider>({ max: most });
  const checks = new LRUCache<string, { readonly at: number; readonly outcome: Outcome }>({ max: most });
  const check = async (spec: Spec, namespace: string): Promise<Outcome> => {
    try {
      return (await deps.check(spec, namespace)) ?? done;
    } catch (error) {
      const outcome = deps.outcomeOf(error);
      if (outcome === undefined) throw error;
      return outcome;
    }
  };
  return {
    provider(spec, namespace) {
      const id = JSON.stringify([namespace, spec]);
      const provider = providers.get(id) ?? deps.make(spec, namespace);
      providers.set(id, provider);
      return provider;
    },
    async check(spec, namespace) {
      const id = JSON.stringify([namespace, spec]);
      const last = checks.get(id);
      if (last !== undefined && clock.now() - last.at < believedMs) return last.outcome;
      const outcome = await check(spec, namespace);
      checks.set(id, { at: clock.now(), outcome });
      return outcome;
    },
  };
}
