/** Takes apart the ways through a gateway whose EdgeFunction went without taking them along: its finalizer was removed by hand. */
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { labels } from "../../api/v1alpha1/names.ts";
import type { EdgeFunction } from "../../kube/edge-objects.ts";
import type { Deployment } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { Store } from "../../kube/store.ts";
import type { GatewayEntry } from "../gateway/entry.ts";
import { detach, type DetachDeps } from "./detach.ts";
import type { LivingFunctions } from "./living-functions.ts";
import { gatewayOf, isEbbSlice } from "./slices.ts";

export interface GoneFunctionsDeps extends DetachDeps {
  readonly stores: DetachDeps["stores"] & {
    readonly deployments: Store<Deployment>;
    readonly edgeFunctions: Store<EdgeFunction>;
  };
  readonly living: LivingFunctions;
}

/** What offload.drainPeriod is unless somebody sets it. */
const drainSeconds = 5;

/** Guarantees: at most one step a call; a gateway that is all that answers for a Service stays. */
export class GoneFunctions {
  readonly #deps: GoneFunctionsDeps;
  /** Keys of functions whose stay has been logged. */
  readonly #kept = new Set<string>();

  constructor(deps: GoneFunctionsDeps) {
    this.#deps = deps;
  }

  /** Done when nothing is left of a function that is gone. */
  async remove(namespace: string, entries: readonly GatewayEntry[]): Promise<Outcome> {
    const { living } = this.#deps;
    for (const entry of entries) {
      const { key, name, uid } = entry;
      if (await living.has({ namespace, name, uid })) continue;
      if (!this.#mayLeave(namespace, entry)) continue;
      const outcome = await detach(this.#deps, { namespace, key, name, uid }, drainSeconds);
      if (!outcome.done) return outcome;
    }
    return entries.length === 0 ? this.#removeUnused(namespace) : done;
  }

  #mayLeave(namespace: string, entry: GatewayEntry): boolean {
    const { log, stores } = this.#deps;
    const { name } = entry.service;
    if (entry.stage !== "serving" || stores.services.get(namespace, name) === undefined) return true;
    const others = stores.endpointSlices
      .list(namespace)
      .filter((slice) => slice.metadata.labels?.[labels.serviceName] === name && !isEbbSlice(slice));
    const answers = others.some(({ endpoints = [] }) =>
      endpoints.some(({ conditions }) => conditions?.ready !== false),
    );
    if (answers) this.#kept.delete(entry.key);
    else if (!this.#kept.has(entry.key)) {
      this.#kept.add(entry.key);
      log.warn(
        { namespace, service: name, function: entry.name },
        "only the gateway answers for this Service",
      );
    }
    return answers;
  }

  /** A gateway that no function has and none is about to use. */
  async #removeUnused(namespace: string): Promise<Outcome> {
    const { gateway, keeper, stores } = this.#deps;
    const deployment = stores.deployments.get(namespace, gateway);
    const isLeft = deployment !== undefined && isOurs(deployment);
    const isUsed =
      stores.edgeFunctions.list(namespace).some(({ status }) => status?.gateway?.name === gateway) ||
      stores.endpointSlices
        .list(namespace)
        .some((slice) => isEbbSlice(slice) && gatewayOf(slice) === gateway);
    if (!isLeft || isUsed) return done;
    const outcome = await keeper.remove(namespace);
    return outcome.done ? pending("GatewayLeaving", "The gateway's Deployment is being deleted.") : outcome;
  }
}
