/** Moves a Service's traffic by extra EndpointSlices that lead to one gateway of its namespace. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { labels } from "../../api/v1alpha1/names.ts";
import type { Pod } from "../../kube/objects.ts";
import { type GatewayEntry, isListening, type Path } from "../gateway/entry.ts";
import { gatewayPods, mustConfirm } from "../gateway/gateway-pods.ts";
import { NameTaken } from "../gateway/name-taken.ts";
import { gatewayReplicas } from "../gateway/manifests.ts";
import { versionWeight } from "../gateway/render-routes.ts";
import type { EntryChange } from "../gateway/writer.ts";
import type { RoutedFunction, TrafficState, TrafficSwitch, Weight } from "../switch.ts";
import { detach, type DetachDeps } from "./detach.ts";
import { edgePercent } from "./edge-percent.ts";
import { addPath, dropOtherPaths, NoRoom, open, pathOf, prepare, routeTo } from "./entry-changes.ts";
import { ensureOrigin } from "./origin-service.ts";
import type { SliceLoop } from "./slice-loop.ts";
import { isEbbSlice, sliceFamilies, sliceName } from "./slices.ts";

export interface EndpointSliceSwitchDeps extends DetachDeps {
  readonly slices: SliceLoop;
}

/** How long one call looks for a confirmation, milliseconds: most pods confirm within 150. */
const patienceMs = 1_500;
const lookEveryMs = 20;

/** How long pods that do not confirm hold up the way back, milliseconds. */
const silenceMs = 120_000;

/** How long the first of several functions that must be put back waits for the others, milliseconds. */
const rebuildMs = 1_000;

/** How long a new function waits for the gateway's second pod, milliseconds; then one is enough. */
const secondPodMs = 15_000;

export class EndpointSliceSwitch implements TrafficSwitch {
  readonly #deps: EndpointSliceSwitchDeps;
  /** Pods and functions whose missing confirmation has been logged. */
  readonly #passedOver = new Set<string>();

  constructor(deps: EndpointSliceSwitchDeps) {
    this.#deps = deps;
  }

  async attach(fn: RoutedFunction): Promise<Outcome> {
    const { clock } = this.#deps;
    const found = await ensureOrigin({ client: this.#deps.client, services: this.#deps.stores.services }, fn);
    if ("waiting" in found) return found.waiting;
    // Others that have to come back as well come in the same write: a port that it lacks is closed.
    const restored = this.#restored(fn);
    const gatherMs = restored.restoreWeight === undefined ? 0 : rebuildMs;
    const preparing = prepare(restored, found.origin, clock.now());
    const prepared = await this.#change(fn.identity, preparing, gatherMs);
    if ("waiting" in prepared) return prepared.waiting;
    const gateway = await this.#deps.upkeep.keep(fn.identity.namespace);
    if (!gateway.done) return gateway;
    const ready = await this.#confirm(fn.identity.namespace, prepared.entry);
    if (!ready.done) return ready;
    const opened = await this.#change(fn.identity, open(clock.now()));
    if ("waiting" in opened) return opened.waiting;
    const isNew = opened.entry !== prepared.entry;
    const listening = isNew ? await this.#confirm(fn.identity.namespace, opened.entry) : ready;
    return listening.done ? this.#join(fn.identity.namespace, opened.entry) : listening;
  }

  /** With the weight to go on with when slices lead to fn: a status that tells of none means that none was set. */
  #restored(fn: RoutedFunction): RoutedFunction {
    const { key, namespace } = fn.identity;
    const isLedTo = this.#deps.stores.endpointSlices
      .list(namespace)
      .some((slice) => isEbbSlice(slice) && slice.metadata.labels?.[labels.function] === key);
    return isLedTo ? { ...fn, restoreWeight: fn.restoreWeight ?? 0 } : fn;
  }

  /** Done when the gateway's pods are in the function's slices: all that are ready, and at first both. */
  async #join(namespace: string, entry: GatewayEntry): Promise<Outcome> {
    const { clock, slices } = this.#deps;
    if (!this.#areIn(namespace, entry)) await slices.reconcile(namespace);
    for (const until = clock.now() + patienceMs; clock.now() < until && !this.#areIn(namespace, entry); ) {
      await clock.sleep(lookEveryMs);
    }
    if (!this.#areIn(namespace, entry)) {
      return pending("JoiningService", `Gateway pods are joining Service ${entry.service.name}.`);
    }
    const isNew = clock.now() - entry.since < secondPodMs;
    if (this.#asked(namespace, entry).length >= (isNew ? gatewayReplicas : 1)) return done;
    return pending("GatewayNotReady", `Gateway pods of namespace ${namespace} are not ready yet.`);
  }

  #areIn(namespace: string, entry: GatewayEntry): boolean {
    const { endpointSlices } = this.#deps.stores;
    return this.#asked(namespace, entry).every((pod) =>
      sliceFamilies(entry, pod).every(
        (family) => endpointSlices.get(namespace, sliceName(entry, pod, family)) !== undefined,
      ),
    );
  }

  /** The pods whose word counts for entry. */
  #asked(namespace: string, entry: GatewayEntry): Pod[] {
    const found = gatewayPods(this.#deps.stores.pods, namespace, this.#deps.gateway);
    return found.filter((pod) => mustConfirm(pod) && !this.#isExcused(pod, entry));
  }

  async shift(fn: RoutedFunction, weight: Weight): Promise<Outcome> {
    const { identity } = fn;
    const current = await this.#entry(identity);
    if (current === undefined || !isListening(current)) {
      // Nobody is led through the gateway, so no request reaches the edge.
      if (weight === 0) return done;
      return pending("NotAttached", `The gateway does not serve EdgeFunction ${identity.name}.`);
    }
    const found = await ensureOrigin({ client: this.#deps.client, services: this.#deps.stores.services }, fn);
    if ("waiting" in found) return found.waiting;
    return this.#route(fn, pathOf(fn, found.origin), weight);
  }

  /** Of its writes the last two take something away, so that only one of them is made a call. */
  async #route(fn: RoutedFunction, path: Path, weight: Weight): Promise<Outcome> {
    const { identity } = fn;
    const confirm = (entry: GatewayEntry): Promise<Outcome> =>
      weight === 0
        ? this.#confirmReturn(identity.namespace, entry)
        : this.#confirm(identity.namespace, entry);
    const added = await this.#change(identity, addPath(path));
    if ("waiting" in added) return added.waiting;
    const move = routeTo(fn, path, weight);
    const moves = move(added.entry, new Map()) !== added.entry;
    if (moves && added.entry.paths.length > 1) {
      const loaded = await confirm(added.entry);
      if (!loaded.done) return loaded;
    }
    const routed = await this.#change(identity, move);
    if ("waiting" in routed) return routed.waiting;
    const confirmed = await confirm(routed.entry);
    if (!confirmed.done || routed.entry.paths.length === 1) return confirmed;
    if (moves) return pending("Tidying", "The clusters of the former edge are about to go.");
    const tidied = await this.#change(identity, dropOtherPaths);
    return "waiting" in tidied ? tidied.waiting : confirm(tidied.entry);
  }

  async observe(fn: FunctionIdentity, serviceName: string): Promise<TrafficState> {
    const { confirmation, stores } = this.#deps;
    const entry = await this.#entry(fn);
    if (entry === undefined) return { weight: undefined, confirmedWeight: undefined, edgePercent: 0 };
    const weights = await Promise.all(
      this.#asked(fn.namespace, entry).map(async (pod) => {
        const version = await confirmation.routesOf(pod, fn.key);
        return version === undefined ? undefined : versionWeight(version);
      }),
    );
    const [first] = weights;
    const confirmedWeight = weights.every((weight) => weight === first) ? first : undefined;
    const slices = stores.endpointSlices
      .list(fn.namespace)
      .filter((slice) => slice.metadata.labels?.[labels.serviceName] === serviceName);
    return {
      weight: entry.route.weight,
      confirmedWeight,
      edgePercent: edgePercent(slices, fn.key, confirmedWeight ?? entry.route.weight),
    };
  }

  detach(fn: FunctionIdentity, drainSeconds: number): Promise<Outcome> {
    return detach(this.#deps, fn, drainSeconds);
  }

  async #entry({ key, namespace }: FunctionIdentity): Promise<GatewayEntry | undefined> {
    return (await this.#deps.reader.read(namespace))?.entries.find((entry) => entry.key === key);
  }

  /** Writes only what is no more than read: an entry that is as it should be costs nothing. */
  async #change(
    { key, namespace }: FunctionIdentity,
    change: EntryChange,
    gatherMs = 0,
  ): Promise<{ readonly entry: GatewayEntry } | { readonly waiting: Outcome }> {
    const read = await this.#deps.reader.read(namespace);
    const known = new Map(read?.entries.map((entry) => [entry.key, entry]));
    const current = known.get(key);
    try {
      const same = current !== undefined && change(current, known) === current;
      const entry = same
        ? current
        : await this.#deps.writer.change(namespace, key, change, current === undefined ? gatherMs : 0);
      return entry === undefined
        ? { waiting: pending("NotAttached", "The gateway has no entry for it.") }
        : { entry };
    } catch (error) {
      if (error instanceof NoRoom) return { waiting: pending(error.reason, error.message) };
      if (error instanceof NameTaken) return { waiting: error.outcome };
      throw error;
    }
  }

  #confirm(namespace: string, entry: GatewayEntry): Promise<Outcome> {
    return this.#deps.confirmation.confirm(namespace, entry, patienceMs, (pod) =>
      this.#isExcused(pod, entry),
    );
  }

  /**
   * The way back ends: the workload is ready, and the slices leave next. So a gateway without a ready pod holds it up as
   * little (a pod that comes starts with what is written) as pods that have not confirmed for two minutes.
   */
  async #confirmReturn(namespace: string, entry: GatewayEntry): Promise<Outcome> {
    const { confirmation, log } = this.#deps;
    const outcome = await this.#confirm(namespace, entry);
    if (outcome.done) return done;
    const late = this.#asked(namespace, entry).filter((pod) => confirmation.lateFor(pod, entry.key) > 0);
    if (late.some((pod) => confirmation.lateFor(pod, entry.key) < silenceMs)) return outcome;
    for (const { metadata } of late) {
      const id = `${metadata.uid} ${entry.key}`;
      if (!this.#passedOver.has(id))
        log.warn(
          { namespace, pod: metadata.name, function: entry.name },
          "returning without a gateway pod's word",
        );
      this.#passedOver.add(id);
    }
    return done;
  }

  /** A pod that has been late for minutes and that no slice leads to any more. */
  #isExcused(pod: Pod, entry: GatewayEntry): boolean {
    const { confirmation, stores } = this.#deps;
    if (!confirmation.isLost(pod, entry.key)) return false;
    return !stores.endpointSlices
      .list(pod.metadata.namespace)
      .some(
        (slice) =>
          isEbbSlice(slice) &&
          slice.metadata.labels?.[labels.function] === entry.key &&
          slice.metadata.ownerReferences?.[0]?.uid === pod.metadata.uid,
      );
  }
}
