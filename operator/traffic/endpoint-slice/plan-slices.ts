/** Decides from what is cached which slices and readiness gates should change; changes nothing itself. */
import { inSlicesCondition, labels } from "../../api/v1alpha1/names.ts";
import type { EndpointSlice, Pod } from "../../kube/objects.ts";
import { covers } from "../../kube/covers.ts";
import type { GatewayEntry } from "../gateway/entry.ts";
import { isAnswering, isTerminating, podCondition } from "../gateway/gateway-pods.ts";
import { desiredSlice, type EndpointState, sliceFamilies, sliceName } from "./slices.ts";

export interface PlanInput {
  /** Entries that are serving. */
  readonly entries: readonly GatewayEntry[];
  /** Gateway pods that have not ended. */
  readonly pods: readonly Pod[];
  /** Ebb's slices of the namespace. */
  readonly slices: readonly EndpointSlice[];
  /** True when pod runs with entry. */
  readonly hasConfirmed: (pod: Pod, entry: GatewayEntry) => boolean;
  /** True when pod has not confirmed entry for too long. */
  readonly isLost: (pod: Pod, entry: GatewayEntry) => boolean;
}

export interface SlicePlan {
  readonly create: readonly EndpointSlice[];
  /** The stored slice and what it should be; endpoints that become ready come first. */
  readonly update: readonly { readonly stored: EndpointSlice; readonly wanted: EndpointSlice }[];
  /** Slices of pods that are lost, and those of a former Service or address family. */
  readonly remove: readonly EndpointSlice[];
  /** Readiness gates to set, once creation has succeeded. */
  readonly gates: readonly { readonly pod: Pod; readonly open: boolean }[];
  /** Names of pods that answer and are in fewer slices than there should be. */
  readonly waiting: readonly string[];
}

export function planSlices(input: PlanInput): SlicePlan {
  const create: EndpointSlice[] = [];
  const update: { stored: EndpointSlice; wanted: EndpointSlice }[] = [];
  const remove: EndpointSlice[] = [];
  const waiting = new Set<string>();
  const lost = new Set<Pod>();
  for (const entry of input.entries) {
    const takers = input.pods.filter((pod) => takesRequests(input, pod, entry));
    for (const pod of input.pods) {
      const isLost = takers.length > 0 && !takers.includes(pod) && input.isLost(pod, entry);
      if (isLost) lost.add(pod);
      const state = endpointState(pod, takers);
      const former = formerSlices(input, pod, entry);
      if (isLost || isInAll(input, pod, entry)) remove.push(...former);
      else update.push(...former.flatMap((stored) => toState(stored, state, pod)));
      for (const family of sliceFamilies(entry, pod)) {
        const stored = input.slices.find((slice) => slice.metadata.name === sliceName(entry, pod, family));
        const wanted = desiredSlice(entry, pod, family, state);
        if (stored === undefined) {
          if (takers.includes(pod)) create.push(wanted);
          else if (!isTerminating(pod) && isAnswering(pod)) waiting.add(pod.metadata.name);
        } else if (isLost || serviceOf(stored) !== entry.service.name) remove.push(stored);
        else if (!isUpToDate(stored, wanted)) update.push({ stored, wanted });
      }
    }
  }
  update.sort((a, b) => Number(isReady(b.wanted)) - Number(isReady(a.wanted)));
  const gates = planGates(input.pods, waiting, lost);
  return { create, update, remove, gates, waiting: [...waiting] };
}

/** A pod keeps its slice while it is late with a change, but gets one only when it has confirmed. */
function takesRequests(input: PlanInput, pod: Pod, entry: GatewayEntry): boolean {
  if (isTerminating(pod) || !isAnswering(pod) || input.isLost(pod, entry)) return false;
  const [family] = sliceFamilies(entry, pod);
  if (family === undefined) return false;
  const name = sliceName(entry, pod, family);
  return input.slices.some((slice) => slice.metadata.name === name) || input.hasConfirmed(pod, entry);
}

/** As the EndpointSlice controller has it, but the last pod that answers stays ready while it terminates. */
function endpointState(pod: Pod, takers: readonly Pod[]): EndpointState {
  const serving = isAnswering(pod);
  return { ready: serving && (takers.includes(pod) || takers.length === 0), serving };
}

function planGates(pods: readonly Pod[], waiting: ReadonlySet<string>, lost: ReadonlySet<Pod>) {
  return pods.flatMap((pod) => {
    if (isTerminating(pod) || !isAnswering(pod)) return [];
    const isOpen = podCondition(pod, inSlicesCondition)?.status === "True";
    if (lost.has(pod)) return isOpen ? [{ pod, open: false }] : [];
    // A pod that waits for one new function stays ready for the others.
    return isOpen || waiting.has(pod.metadata.name) ? [] : [{ pod, open: true }];
  });
}

function isUpToDate(stored: EndpointSlice, wanted: EndpointSlice): boolean {
  return covers(stored.endpoints, wanted.endpoints) && covers(stored.ports, wanted.ports);
}

/** For a slice of a former Service: its endpoint alone may change. */
function toState(stored: EndpointSlice, state: EndpointState, pod: Pod) {
  const conditions = { ...state, terminating: isTerminating(pod) };
  const endpoints = stored.endpoints?.map((endpoint) => ({ ...endpoint, conditions }));
  return covers(stored.endpoints, endpoints)
    ? []
    : [{ stored, wanted: { ...stored, endpoints: endpoints ?? [] } }];
}

function serviceOf(slice: EndpointSlice): string | undefined {
  return slice.metadata.labels?.[labels.serviceName];
}

function isInAll(input: PlanInput, pod: Pod, entry: GatewayEntry): boolean {
  const names = new Set(input.slices.map(({ metadata }) => metadata.name));
  return sliceFamilies(entry, pod).every((family) => names.has(sliceName(entry, pod, family)));
}

/** The pod's slices of entry that none would be made as now. */
function formerSlices(input: PlanInput, pod: Pod, entry: GatewayEntry): EndpointSlice[] {
  const names = new Set(sliceFamilies(entry, pod).map((family) => sliceName(entry, pod, family)));
  return input.slices.filter(
    ({ metadata }) =>
      metadata.labels?.[labels.function] === entry.key &&
      metadata.ownerReferences?.[0]?.uid === pod.metadata.uid &&
      !names.has(metadata.name),
  );
}

function isReady(slice: EndpointSlice): boolean {
  return slice.endpoints?.[0]?.conditions?.ready === true;
}
