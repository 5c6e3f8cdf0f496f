/** The operator: which kinds it watches, which controllers it runs, and which change starts which pass. */
import { isDeepStrictEqual } from "node:util";
import type { Dispatcher } from "undici";
import type { Clock } from "./api/clock.ts";
import { gatewayNames, labels, managedByEbb, poolName } from "./api/v1alpha1/names.ts";
import type { Config } from "./config.ts";
import {
  clusterEdgeTargets,
  type EdgeFunction,
  edgeFunctions,
  type EdgeTarget,
  edgeTargets,
} from "./kube/edge-objects.ts";
import type { KubeClient } from "./kube/kube-client.ts";
import type { ObservedStore, ObjectEvent } from "./kube/object-cache.ts";
import {
  configMaps,
  type ConfigMap,
  deployments,
  endpointSlices,
  namespaces,
  type Pod,
  pods,
  services,
} from "./kube/objects.ts";
import { isOurs } from "./kube/ours.ts";
import { OperatorBase } from "./kube/operator-base.ts";
import type { OperatorDeps } from "./kube/operator-deps.ts";
import type { KubeObject } from "./kube/resource.ts";
import { keyOf } from "./kube/resource-events.ts";
import type { Handler } from "./kube/run-workers.ts";
import type { Priority, WorkQueue } from "./kube/work-queue.ts";
import type { Stores } from "./reconcile/context.ts";
import { createTriggers, sameRefs, type Triggers } from "./reconcile/triggers.ts";
import type { Logger } from "./telemetry/log.ts";
import type { Metrics } from "./telemetry/metrics.ts";
import { createTerm, type Term } from "./term.ts";
import type { SurroundingStores } from "./workload/assessment/read-surroundings.ts";
import { isMarkedAnew, watchSurroundings } from "./watch-surroundings.ts";

export interface EbbDeps extends OperatorDeps {
  readonly config: Config;
  readonly clock: Clock;
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Carries what goes to edges outside of the cluster; each term has its own unless given. */
  readonly outside?: Dispatcher | undefined;
}

/** All that the operator caches. */
export interface Caches extends Stores, SurroundingStores {
  readonly edgeTargets: ObservedStore<EdgeTarget>;
  readonly clusterEdgeTargets: ObservedStore<EdgeTarget>;
  /** Those that Ebb made. */
  readonly pods: ObservedStore<Pod>;
  readonly configMaps: ObservedStore<ConfigMap>;
}

interface Queues {
  readonly functions: WorkQueue;
  /** Keys are namespaces. */
  readonly gateways: WorkQueue;
  /** Keys are namespaces. */
  readonly pools: WorkQueue;
  /** Keys are `namespace/name` or `name`. */
  readonly targets: WorkQueue;
}

/** Also without an event: what moves outside the API server is seen at the latest then. */
const functionResyncMs = 600_000;
const poolResyncMs = 30_000;
const poolRetryMs = 1000;
const gatewayRetryMs = 500;
const firstRereadMs = 20;
const lastRereadMs = 5000;

export class EbbOperator extends OperatorBase {
  readonly #deps: EbbDeps;
  #term: { readonly client: KubeClient; readonly term: Term } | undefined;
  #caches: Caches | undefined;
  #lead: AbortSignal = this.stopping;

  constructor(deps: EbbDeps) {
    super(deps);
    this.#deps = deps;
  }

  /** Requires: start was called. */
  get caches(): Caches {
    if (this.#caches === undefined) throw new Error("the operator was not started");
    return this.#caches;
  }

  protected override async init(): Promise<void> {
    // The gateways come first: they work for functions that serve, also while others are being moved.
    const queues: Queues = {
      gateways: this.control({
        name: "gateway",
        workers: 4,
        handler: (client) => this.#gatewayHandler(client),
      }),
      pools: this.control({ name: "pool", workers: 4, handler: (client) => this.#poolHandler(client) }),
      functions: this.control({
        name: "edgefunction",
        // A pass mostly waits, and the more of a namespace's wait together, the fewer writes of its gateway they need.
        workers: 256,
        handler: (client) => this.#functionHandler(client),
      }),
      targets: this.control({
        name: "edgetarget",
        workers: 1,
        handler: (client) => this.#targetHandler(client),
      }),
    };
    this.#caches = this.#watchAll(queues);
  }

  #watchAll(queues: Queues): Caches {
    const add = (functions: readonly EdgeFunction[], event: ObjectEvent<KubeObject>) => {
      for (const fn of functions) queues.functions.add(keyOf(fn), priorityOf(event));
    };
    const triggers = (): Triggers => createTriggers(functions);
    const functions = this.watch(edgeFunctions, {
      onEvent: (event) => this.#onFunction(event, queues, triggers()),
    });
    // Ours must be made again; one that is not ours and has our name was in the way.
    const addIfOursIsGone = (event: ObjectEvent<KubeObject>) => {
      const { name, namespace } = event.object.metadata;
      const isOurName = name === poolName || gatewayNames.includes(name);
      if (event.type === "deleted" && (isOurs(event.object) || isOurName))
        add(triggers().ofNamespace(namespace), event);
    };
    const onTarget = (event: ObjectEvent<EdgeTarget>) => {
      queues.targets.add(keyOf(event.object));
      add(functions.list(event.object.metadata.namespace), event);
    };
    return {
      edgeFunctions: functions,
      edgeTargets: this.watch(edgeTargets, { onEvent: onTarget }),
      clusterEdgeTargets: this.watch(clusterEdgeTargets, { onEvent: onTarget }),
      deployments: this.watch(deployments, {
        keepManagedFields: true,
        onEvent: (event) => {
          add(triggers().ofDeployment(event.object.metadata), event);
          if (isOurs(event.object)) wake(queues, event);
          addIfOursIsGone(event);
        },
      }),
      services: this.watch(services, {
        onEvent: (event) => {
          if (!isOurs(event.object)) add(triggers().ofNamespace(event.object.metadata.namespace), event);
          addIfOursIsGone(event);
        },
      }),
      endpointSlices: this.watch(endpointSlices, {
        onEvent: (event) => {
          add(triggers().unsettled(event.object.metadata.namespace), event);
          if (isOurs(event.object)) queues.gateways.add(event.object.metadata.namespace ?? "");
          addIfOursIsGone(event);
        },
      }),
      pods: this.watch(pods, {
        labelSelector: `${labels.managedBy}=${managedByEbb}`,
        onEvent: (event) => {
          wake(queues, event);
          // Ebb touches its pods for their kubelets' sake: an annotation concerns no function.
          if (event.type !== "modified" || isChangeOfState(event.old, event.object))
            add(triggers().ofNamespace(event.object.metadata.namespace), event);
        },
      }),
      configMaps: this.watch(configMaps, {
        metadataOnly: true,
        onEvent: (event) => {
          add(triggers().ofConfigMap(event.object.metadata), event);
          if (isOurs(event.object)) wake(queues, event);
          addIfOursIsGone(event);
        },
      }),
      namespaces: this.watch(namespaces, {
        onEvent: (event) => {
          if (event.object.metadata.deletionTimestamp !== undefined || isMarkedAnew(event))
            add(triggers().ofNamespace(event.object.metadata.name), event);
        },
      }),
      ...watchSurroundings((resource, options) => this.watch(resource, options), {
        all: (event) => add(triggers().ofNamespace(event.object.metadata.namespace), event),
        unsettled: (event) => add(triggers().unsettled(event.object.metadata.namespace), event),
      }),
    };
  }

  #onFunction(event: ObjectEvent<EdgeFunction>, queues: Queues, triggers: Triggers): void {
    const fn = event.object;
    queues.functions.add(keyOf(fn), priorityOf(event));
    // Who owns a workload, and how many functions a target has, changes when one comes, goes or names another.
    if (event.type === "modified" && sameRefs(event.old, fn)) return;
    for (const other of triggers.ofNamespace(fn.metadata.namespace))
      queues.functions.add(keyOf(other), priorityOf(event));
    // One that is gone may have left something behind.
    if (event.type === "deleted") wake(queues, event);
    const { edgeTargets: namespaced, clusterEdgeTargets: cluster } = this.caches;
    for (const target of [...namespaced.list(fn.metadata.namespace), ...cluster.list()])
      queues.targets.add(keyOf(target));
  }

  /** Returns when the term is over and nothing of it is left. */
  override async work(lead: AbortSignal): Promise<void> {
    this.#lead = lead;
    try {
      await super.work(lead);
    } finally {
      await this.#term?.term.close();
      this.#term = undefined;
    }
  }

  /** One term of leading has one set of clients and of what they remember. */
  #termOf(client: KubeClient): Term {
    if (this.#term?.client !== client)
      this.#term = { client, term: createTerm(this.#deps, this.caches, client, this.#lead) };
    return this.#term.term;
  }

  #functionHandler(client: KubeClient): Handler {
    const { reconcile } = this.#termOf(client);
    const rereads = new Map<string, number>();
    return async (key) => {
      const [namespace = "", name = ""] = key.split("/");
      const next = await reconcile(namespace, name);
      if (next.kind !== "Reread") rereads.delete(key);
      switch (next.kind) {
        case "Gone":
          return undefined;
        case "Rest":
          return { after: functionResyncMs };
        case "After":
          return { after: next.ms };
        case "Reread": {
          // The cache lags; how far is not known.
          const times = rereads.get(key) ?? 0;
          rereads.set(key, times + 1);
          return { after: Math.min(firstRereadMs * 2 ** times, lastRereadMs) };
        }
        case "Backoff":
          throw next.error;
      }
    };
  }

  #gatewayHandler(client: KubeClient): Handler {
    const { slices } = this.#termOf(client);
    return async (namespace) => {
      const outcome = await slices.reconcile(namespace);
      return outcome.done ? undefined : { after: gatewayRetryMs };
    };
  }

  #poolHandler(client: KubeClient): Handler {
    const { pool } = this.#termOf(client);
    return async (namespace) => {
      const outcome = await pool.reconcile(namespace);
      // What is not ours is in the way: each try costs a few requests.
      if (!outcome.done) return { after: outcome.reason === "NameTaken" ? poolResyncMs : poolRetryMs };
      return this.caches.edgeFunctions.list(namespace).length === 0 ? undefined : { after: poolResyncMs };
    };
  }

  #targetHandler(client: KubeClient): Handler {
    const { reconcileTarget } = this.#termOf(client);
    return async (key) => {
      const after = await reconcileTarget(key);
      return after === undefined ? undefined : { after };
    };
  }
}

function wake(queues: Queues, event: ObjectEvent<KubeObject>): void {
  const { namespace = "" } = event.object.metadata;
  queues.gateways.add(namespace);
  queues.pools.add(namespace);
}

function isChangeOfState(old: Pod, pod: Pod): boolean {
  return (
    old.metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
    !isDeepStrictEqual(old.status, pod.status)
  );
}

function priorityOf(event: ObjectEvent<KubeObject>): Priority {
  return event.type === "added" && event.initial ? "resync" : "change";
}
