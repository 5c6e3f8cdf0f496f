/** Conditions of a pod, and the probe that makes its container ready. */
import { get } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { ObjectCondition, Pod, Probe } from "../../../operator/kube/objects.ts";
import { condition } from "./pods.ts";

type HttpGet = NonNullable<Probe["httpGet"]>;

const slowestProbeMs = 40;

/** Resolves once the readiness probe of the pod's first container has succeeded, at once when it has none. */
export async function readinessProbed(pod: Pod, address: string, signal: AbortSignal): Promise<void> {
  const [container] = pod.spec.containers;
  const probe = container?.readinessProbe?.httpGet;
  if (probe === undefined) return;
  const named = container?.ports?.find(({ name }) => name === probe.port);
  const port = typeof probe.port === "number" ? probe.port : (named?.containerPort ?? 0);
  for (let wait = 1; !(await succeeds(probe, address, port)); wait = Math.min(wait * 2, slowestProbeMs)) {
    await delay(wait, undefined, { signal });
  }
}

function succeeds({ path }: HttpGet, host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host, port, path, agent: false }, (response) => {
      response.resume();
      resolve((response.statusCode ?? 500) < 400);
    });
    request.once("error", () => resolve(false));
  });
}

/** Ready waits for every readiness gate; conditions of others stay, times change with the status only. */
export function podConditions(pod: Pod, containersReady: boolean, now: string): ObjectCondition[] {
  const gates = pod.spec.readinessGates ?? [];
  const open = gates.every(({ conditionType }) => condition(pod, conditionType)?.status === "True");
  const wanted = {
    PodScheduled: true,
    Initialized: true,
    ContainersReady: containersReady,
    Ready: containersReady && open,
  };
  const own = Object.entries(wanted).map(([type, holds]): ObjectCondition => {
    const status = holds ? "True" : "False";
    const former = condition(pod, type);
    const lastTransitionTime = former?.status === status ? (former.lastTransitionTime ?? now) : now;
    return { type, status, lastTransitionTime };
  });
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !(type in wanted));
  return [...own, ...others];
}
