/** Keeps the slices and readiness gates of the pods of one gateway of each namespace; runs first and apart from reconciling functions. */
import type { Logger } from "pino";
import type { Clock } from "../../api/clock.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { type FunctionKey, inSlicesCondition, labels } from "../../api/v1alpha1/names.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import type { JsonPatchOperation, KubeClient } from "../../kube/kube-client.ts";
import { type EndpointSlice, endpointSlices, type Pod, pods } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { ConfigReader } from "../gateway/config-reader.ts";
import type { Confirmation } from "../gateway/confirm.ts";
import type { GatewayEntry } from "../gateway/entry.ts";
import type { GatewayUpkeep } from "../gateway/gateway-upkeep.ts";
import { gatewayPods, isAnswering, isTerminating } from "../gateway/gateway-pods.ts";
import type { GoneFunctions } from "./gone-functions.ts";
import type { LivingFunctions } from "./living-functions.ts";
import { planSlices, type SlicePlan } from "./plan-slices.ts";
import { SingleFlight } from "../../kube/single-flight.ts";
import { gatewayOf, isEbbSlice, sliceFamilies, sliceName } from "./slices.ts";

/** Slices that are created at once. */
const createdAtOnce = 8;

/** Told of our own writes, if it takes that, so that the next run sees them. */
export interface SliceStore extends Store<EndpointSlice> {
  observe?(slice: EndpointSlice): void;
}

export interface SliceLoopDeps {
  readonly client: KubeClient;
  readonly stores: { readonly pods: Store<Pod>; readonly endpointSlices: SliceStore };
  readonly reader: ConfigReader;
  readonly confirmation: Confirmation;
  readonly upkeep: GatewayUpkeep;
  readonly living: LivingFunctions;
  readonly gone: GoneFunctions;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of the gateway. */
  readonly gateway: string;
}

/**
 * Guarantees: the gateway of functions that have an entry is kept, also of those whose own passes stop early; a pod gets a
 * slice only after it has confirmed the function; at most one slice is removed a run, never the last that answers, and
 * never for want of an entry while its EdgeFunction exists; no request when all is as it should be.
 */
export class SliceLoop {
  readonly #deps: SliceLoopDeps;
  readonly #flights: SingleFlight<Outcome>;

  constructor(deps: SliceLoopDeps) {
    this.#deps = deps;
    this.#flights = new SingleFlight((namespace) => this.#run(namespace));
  }

  /**
   * Done when every ready gateway pod of namespace is in every slice; otherwise call again within a second. Call it for
   * every change of a gateway pod, of a slice of Ebb's and of a gateway's ConfigMap.
   */
  reconcile(namespace: string): Promise<Outcome> {
    return this.#flights.run(namespace);
  }

  async #run(namespace: string): Promise<Outcome> {
    const { gateway, gone, reader, stores, upkeep } = this.#deps;
    const found = gatewayPods(stores.pods, namespace, gateway);
    const slices = stores.endpointSlices
      .list(namespace)
      .filter((slice) => isEbbSlice(slice) && gatewayOf(slice) === gateway);
    if (found.length === 0 && slices.length === 0 && !reader.mayHave(namespace)) return done;
    const kept = await upkeep.keep(namespace);
    const entries = (await reader.read(namespace))?.entries ?? [];
    this.#deps.confirmation.keepOnly(namespace, new Set(entries.map(({ key }) => key)));
    const serving = entries.filter(({ stage }) => stage === "serving");
    const plan = await this.#plan(serving, found, slices);
    const complete = await this.#carryOut(namespace, plan);
    const tidy = await this.#removeOne(namespace, plan, slices);
    if (!complete || !tidy) return pending("SlicesChanging", "Slices of gateway pods are changing.");
    const left = await gone.remove(namespace, entries);
    if (!left.done) return left;
    const [pod] = plan.waiting;
    return pod === undefined
      ? kept
      : pending("PodNotInSlices", `Gateway pod ${pod} is not in every slice yet.`);
  }

  /** Asks only the pods that lack a slice what they have confirmed. */
  async #plan(
    entries: readonly GatewayEntry[],
    found: readonly Pod[],
    slices: readonly EndpointSlice[],
  ): Promise<SlicePlan> {
    const { confirmation } = this.#deps;
    const names = new Set(slices.map((slice) => slice.metadata.name));
    const lacks = (pod: Pod, entry: GatewayEntry): boolean =>
      sliceFamilies(entry, pod).some((family) => !names.has(sliceName(entry, pod, family)));
    const confirmed = new Set<string>();
    const ask = async (pod: Pod, entry: GatewayEntry): Promise<void> => {
      if ((await confirmation.missing(pod, entry)) === undefined)
        confirmed.add(`${pod.metadata.name} ${entry.key}`);
    };
    const askable = found.filter((pod) => !isTerminating(pod) && isAnswering(pod));
    await Promise.all(
      askable.flatMap((pod) => entries.filter((entry) => lacks(pod, entry)).map((entry) => ask(pod, entry))),
    );
    return planSlices({
      entries,
      pods: found,
      slices,
      hasConfirmed: (pod, entry) => confirmed.has(`${pod.metadata.name} ${entry.key}`),
      isLost: (pod, entry) => confirmation.isLost(pod, entry.key),
    });
  }

  /** True when everything that should be there is. */
  async #carryOut(namespace: string, plan: SlicePlan): Promise<boolean> {
    const { client } = this.#deps;
    let complete = await this.#create(namespace, plan.create);
    for (const { stored, wanted } of plan.update) {
      const { resourceVersion, namespace, name } = stored.metadata;
      const body = { metadata: { resourceVersion }, endpoints: wanted.endpoints, ports: wanted.ports };
      const call = client.merge(endpointSlices, { namespace: namespace ?? "", name }, body);
      complete = (await this.#write(call)) && complete;
    }
    if (!complete) return false;
    for (const { pod, open } of plan.gates) complete = (await this.#setGate(pod, open)) && complete;
    return complete;
  }

  /** Reads the entries again first: a cache that lags must not bring back the slice of a function that has left. */
  async #create(namespace: string, wanted: readonly EndpointSlice[]): Promise<boolean> {
    if (wanted.length === 0) return true;
    const { client, log, reader } = this.#deps;
    const entries = (await reader.fresh(namespace))?.entries ?? [];
    const serving = new Set<string | undefined>(
      entries.filter(({ stage }) => stage === "serving").map(({ key }) => key),
    );
    let complete = true;
    for (let first = 0; first < wanted.length; first += createdAtOnce) {
      const created = await Promise.all(
        wanted.slice(first, first + createdAtOnce).map(async (slice) => {
          const isServing = serving.has(slice.metadata.labels?.[labels.function]);
          if (!isServing || !(await this.#write(client.create(endpointSlices, slice)))) return false;
          log.info({ namespace, slice: slice.metadata.name }, "gateway pod is in the Service's slices");
          return true;
        }),
      );
      complete &&= !created.includes(false);
    }
    return complete;
  }

  #write(call: Promise<EndpointSlice>): Promise<boolean> {
    return attempt(call.then((slice) => this.#deps.stores.endpointSlices.observe?.(slice)));
  }

  async #setGate(pod: Pod, open: boolean): Promise<boolean> {
    const { namespace = "", name, uid, resourceVersion } = pod.metadata;
    const condition = {
      type: inSlicesCondition,
      status: open ? "True" : "False",
      reason: open ? "InSlices" : "NotConfirmed",
      lastTransitionTime: new Date(this.#deps.clock.now()).toISOString().replace(/\.\d+Z$/, "Z"),
    };
    const conditions = pod.status?.conditions ?? [];
    const index = conditions.findIndex(({ type }) => type === inSlicesCondition);
    const operation: JsonPatchOperation =
      index < 0
        ? { op: "add", path: "/status/conditions/-", value: condition }
        : { op: "replace", path: `/status/conditions/${index}`, value: condition };
    const guards: JsonPatchOperation[] = [
      { op: "test", path: "/metadata/uid", value: uid },
      { op: "test", path: "/metadata/resourceVersion", value: resourceVersion },
    ];
    return attempt(this.#deps.client.patch(pods, { namespace, name }, [...guards, operation], "status"));
  }

  /** True when no slice is left over: of a pod that is lost or gone, of another Service, or of a function that is gone. */
  async #removeOne(namespace: string, plan: SlicePlan, slices: readonly EndpointSlice[]): Promise<boolean> {
    const victim = plan.remove[0] ?? (await this.#findOrphan(namespace, slices));
    if (victim === undefined) return true;
    const { name, uid } = victim.metadata;
    this.#deps.log.info({ namespace, slice: name }, "removing a slice that nobody stands behind");
    await attempt(
      this.#deps.client.delete(endpointSlices, { namespace, name }, uid === undefined ? {} : { uid }),
    );
    return false;
  }

  /** Asks the API server before it believes that a pod or a function is gone. */
  async #findOrphan(namespace: string, slices: readonly EndpointSlice[]): Promise<EndpointSlice | undefined> {
    const { client, living, reader, stores } = this.#deps;
    const known = new Set<string>((await reader.read(namespace))?.entries.map(({ key }) => key));
    for (const slice of slices) {
      const key = (slice.metadata.labels?.[labels.function] ?? "") as FunctionKey;
      const pod = slice.metadata.ownerReferences?.[0];
      if (pod !== undefined && stores.pods.get(namespace, pod.name)?.metadata.uid !== pod.uid) {
        const stored = await client.find(pods, { namespace, name: pod.name });
        if (stored?.metadata.uid !== pod.uid) return slice;
      }
      if (!known.has(key) && !(await living.hasKey(namespace, key))) {
        const entries = (await reader.fresh(namespace))?.entries ?? [];
        if (!entries.some((entry) => entry.key === key)) return slice;
      }
    }
    return undefined;
  }
}

/** False when the object has changed or gone meanwhile: the next run sees how. */
async function attempt(call: Promise<unknown>): Promise<boolean> {
  try {
    await call;
    return true;
  } catch (error) {
    if (isConflict(error) || isNotFound(error)) return false;
    throw error;
  }
}
