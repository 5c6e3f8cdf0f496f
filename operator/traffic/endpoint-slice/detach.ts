/** Takes a function's way through the gateway apart, in the order in which callers stop to need it. */
import type { Logger } from "pino";
import type { Clock } from "../../api/clock.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { labels, sliceManager } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type EndpointSlice, endpointSlices, type Pod, type Service } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { ConfigReader } from "../gateway/config-reader.ts";
import type { Confirmation } from "../gateway/confirm.ts";
import { drainSeconds as listenerDrainSeconds } from "../gateway/envoy-config.ts";
import type { GatewayEntry, Stage } from "../gateway/entry.ts";
import type { GatewayKeeper } from "../gateway/gateway-objects.ts";
import type { GatewayUpkeep } from "../gateway/gateway-upkeep.ts";
import type { GatewayWriter } from "../gateway/writer.ts";
import { gatewayPods, mustConfirm } from "../gateway/gateway-pods.ts";
import { advance, forget } from "./entry-changes.ts";
import { removeOrigin } from "./origin-service.ts";
import { gatewayOf } from "./slices.ts";

export interface DetachDeps {
  readonly client: KubeClient;
  readonly stores: {
    readonly pods: Store<Pod>;
    readonly endpointSlices: Store<EndpointSlice>;
    readonly services: Store<Service>;
  };
  readonly reader: ConfigReader;
  readonly writer: GatewayWriter;
  readonly keeper: GatewayKeeper;
  readonly upkeep: GatewayUpkeep;
  readonly confirmation: Confirmation;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of the gateway. */
  readonly gateway: string;
}

/** Nodes and ingress controllers send new connections for this long after the last slice has gone, seconds. */
const propagationSeconds = 5;

/** A gateway pod that tells nothing for so long no longer holds up the others, seconds. */
const silenceSeconds = 120;

/** Every call does at most one step; how far it has come is in the entry. */
export async function detach(deps: DetachDeps, fn: FunctionIdentity, drainSeconds: number): Promise<Outcome> {
  const entries = await entriesOf(deps, fn);
  const entry = entries.find(({ key }) => key === fn.key);
  if (entry === undefined) return cleanUp(deps, fn, entries.length === 0);
  const step = (to: Stage): Promise<Outcome> => move(deps, fn, entry, to);
  const elapsed = (deps.clock.now() - entry.since) / 1000;
  if (entry.stage === "prepared") return step("closing");
  if (entry.stage === "serving") return step("leaving");
  if (entry.stage === "leaving") return (await removeOneSlice(deps, fn)) ?? step("draining");
  if (entry.stage === "closing") return (await closing(deps, entry, fn, elapsed)) ?? remove(deps, fn);
  const late = await removeLateSlice(deps, fn, entry);
  const isForgotten = elapsed >= Math.max(drainSeconds, propagationSeconds);
  return late ?? (isForgotten ? step("closing") : draining());
}

/** An entry that somebody has removed comes back first, so that it leaves as others do. */
async function entriesOf(
  { reader, upkeep }: DetachDeps,
  { namespace, key }: FunctionIdentity,
): Promise<readonly GatewayEntry[]> {
  const isLost = (): boolean => reader.lost(namespace).some((entry) => entry.key === key);
  let gateway = await reader.fresh(namespace);
  if (!isLost()) return gateway?.entries ?? [];
  await upkeep.keep(namespace);
  gateway = await reader.fresh(namespace);
  // Another's object has taken the place: what is left is taken apart without it.
  if (isLost()) reader.forget(namespace, key);
  return gateway?.entries ?? [];
}

async function move(
  { writer, clock }: DetachDeps,
  fn: FunctionIdentity,
  entry: GatewayEntry,
  to: Stage,
): Promise<Outcome> {
  await writer.change(fn.namespace, fn.key, advance(entry.stage, to, clock.now()));
  return pending("Detaching", "The function's way through the gateway is being removed.");
}

async function remove({ writer }: DetachDeps, fn: FunctionIdentity): Promise<Outcome> {
  await writer.change(fn.namespace, fn.key, forget);
  return pending("Detaching", "The function's way through the gateway is being removed.");
}

function draining(): Outcome {
  return pending("Draining", "The last connections through the gateway are ending.");
}

/** Undefined when no slice of fn is left. */
async function removeOneSlice(deps: DetachDeps, fn: FunctionIdentity): Promise<Outcome | undefined> {
  const slice = (await ebbSlices(deps, fn.namespace)).find((each) => isOf(each, fn));
  if (slice === undefined) return undefined;
  const { name, uid } = slice.metadata;
  try {
    await deps.client.delete(
      endpointSlices,
      { namespace: fn.namespace, name },
      uid === undefined ? {} : { uid },
    );
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
  return pending("LeavingService", "Gateway pods are leaving the Service's slices.");
}

/** A slice that was made while its function began to leave; draining begins again. */
async function removeLateSlice(
  deps: DetachDeps,
  fn: FunctionIdentity,
  entry: GatewayEntry,
): Promise<Outcome | undefined> {
  const outcome = await removeOneSlice(deps, fn);
  if (outcome !== undefined) await move(deps, fn, entry, "draining");
  return outcome;
}

async function ebbSlices({ client }: DetachDeps, namespace: string): Promise<EndpointSlice[]> {
  const labelSelector = `${labels.sliceManagedBy}=${sliceManager}`;
  return client.list(endpointSlices, { namespace, labelSelector });
}

/** Undefined when every gateway pod has closed the listener and its last connections have ended. */
async function closing(
  { confirmation, gateway, stores, log }: DetachDeps,
  entry: GatewayEntry,
  fn: FunctionIdentity,
  elapsed: number,
): Promise<Outcome | undefined> {
  const look = async (pod: Pod): Promise<"open" | "draining" | "closed"> => {
    if ((await confirmation.missing(pod, entry)) !== undefined) return "open";
    return (await confirmation.connectionsOf(pod, fn.key)) === 0 ? "closed" : "draining";
  };
  const states = await Promise.all(
    gatewayPods(stores.pods, fn.namespace, gateway).filter(mustConfirm).map(look),
  );
  if (states.includes("open") && elapsed < silenceSeconds) {
    return pending("ClosingListener", `Gateway pods are closing the listener of EdgeFunction ${fn.name}.`);
  }
  if (states.includes("open"))
    log.warn({ ...fn }, "a gateway pod does not confirm that it has closed a listener");
  // Envoy ends what is left after its drain time, counted from when the pod saw the change.
  if (states.includes("draining") && elapsed < 2 * listenerDrainSeconds) return draining();
  return undefined;
}

async function cleanUp(deps: DetachDeps, fn: FunctionIdentity, isLast: boolean): Promise<Outcome> {
  const slice = await removeOneSlice(deps, fn);
  if (slice !== undefined) return slice;
  const origin = await removeOrigin({ client: deps.client, services: deps.stores.services }, fn);
  if (!origin.done) return origin;
  // Slices of others lead to a gateway whose configuration has been lost, and is about to be put back.
  const isLed = async (): Promise<boolean> =>
    (await ebbSlices(deps, fn.namespace)).some((each) => gatewayOf(each) === deps.gateway);
  const isUnused = isLast && !(await isLed());
  return isUnused ? deps.keeper.remove(fn.namespace) : done;
}

function isOf(slice: EndpointSlice, { key }: FunctionIdentity): boolean {
  return slice.metadata.labels?.[labels.function] === key;
}
