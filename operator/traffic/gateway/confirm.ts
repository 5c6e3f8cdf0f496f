/** Learns from every gateway pod whether it runs with a function's configuration, and makes its kubelet hurry. */
import type { Logger } from "pino";
import type { Clock } from "../../api/clock.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { type FunctionKey, touchAnnotation } from "../../api/v1alpha1/names.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type Pod, pods } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { GatewayEntry } from "./entry.ts";
import { missingOf } from "./expectation.ts";
import { addressesOf, describePod, gatewayPods, mustConfirm } from "./gateway-pods.ts";
import type { GatewayState, OpsClient } from "./ops-client.ts";

export interface ConfirmDeps {
  readonly client: KubeClient;
  readonly pods: Store<Pod>;
  readonly ops: OpsClient;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of the gateway whose pods are asked. */
  readonly gateway: string;
}

/** How long a pod has not confirmed one function. */
interface Lateness {
  readonly since: number;
  touches: number;
  /** Envoy has refused an update since the pod last confirmed. */
  isRefusing: boolean;
}

/** Milliseconds after the first look at which a pod that has not confirmed is touched again. */
const touchSchedule = [1_000, 2_000, 5_000, 10_000];
const reportAfterMs = 30_000;
const lostAfterMs = 5 * 60_000;
const rejectedAfterMs = 1_000;
const lookEveryMs = 40;

/** A pod that has not confirmed by then waits for its kubelet: looking on would only hold up other functions. */
const promptMs = 3_000;
const confirming = "Confirming";

/**
 * Caveats: how long a pod is late is in memory and starts again with the process, so that a restart never takes a pod out
 * of the slices early.
 */
export class Confirmation {
  readonly #deps: ConfirmDeps;
  readonly #reads = new Map<string, Promise<GatewayState>>();
  readonly #late = new Map<string, Lateness>();
  /** How many updates a pod had refused when it last confirmed a function. */
  readonly #refused = new Map<string, number>();

  constructor(deps: ConfirmDeps) {
    this.#deps = deps;
  }

  /**
   * Done when every ready gateway pod runs with entry; looks again until patienceMs have passed, but not for a pod that
   * is late or when none is ready. excused are pods that no caller is sent to for this function.
   */
  async confirm(
    namespace: string,
    entry: GatewayEntry,
    patienceMs: number,
    excused: (pod: Pod) => boolean = () => false,
  ): Promise<Outcome> {
    const { clock } = this.#deps;
    for (const until = clock.now() + patienceMs; ; await clock.sleep(lookEveryMs)) {
      const outcome = await this.#look(namespace, entry, excused);
      if (outcome.done || outcome.reason !== confirming || clock.now() >= until) return outcome;
    }
  }

  async #look(namespace: string, entry: GatewayEntry, excused: (pod: Pod) => boolean): Promise<Outcome> {
    const asked = this.#pods(namespace).filter((pod) => mustConfirm(pod) && !excused(pod));
    if (asked.length === 0) {
      return pending("GatewayNotReady", `No gateway pod of namespace ${namespace} is ready yet.`);
    }
    const answers = await Promise.all(
      asked.map(async (pod) => ({ pod, missing: await this.missing(pod, entry) })),
    );
    const behind = answers.find(({ missing }) => missing !== undefined);
    return behind?.missing === undefined ? done : this.#describe(behind.pod, entry, behind.missing);
  }

  async #describe(pod: Pod, entry: GatewayEntry, missing: string): Promise<Outcome> {
    const lateness = this.#late.get(lateKey(pod, entry.key));
    const late = this.#deps.clock.now() - (lateness?.since ?? Infinity);
    if (late >= rejectedAfterMs) {
      const reasons = await this.#rejections(pod);
      if (reasons.length === 0 && lateness?.isRefusing === true) reasons.push(missing);
      if (reasons.length > 0) {
        return pending(
          "GatewayRejected",
          `Envoy of ${describePod(pod)} refuses its configuration: ${reasons.join("; ")}`,
        );
      }
    }
    if (late < promptMs) return pending(confirming, "Gateway pods are loading the configuration.");
    if (late < reportAfterMs)
      return pending("Refreshing", "Gateway pods are waiting for their mounted configuration.");
    return pending(
      "GatewayBehind",
      `The gateway's ${describePod(pod)} does not load its configuration: ${missing}.`,
    );
  }

  async #rejections(pod: Pod): Promise<string[]> {
    try {
      return await this.#deps.ops.rejections(addressesOf(pod)[0] ?? "");
    } catch (error) {
      this.#deps.log.debug(
        { pod: pod.metadata.name, err: error },
        "gateway pod does not say what it rejects",
      );
      return [];
    }
  }

  /** What pod lacks of entry, in words, or undefined when it runs with it. Touches a pod that is late. */
  async missing(pod: Pod, entry: GatewayEntry): Promise<string | undefined> {
    const state = await this.#stateOrNothing(pod);
    const missing = state === undefined ? "its ops port does not answer" : missingOf(state, entry);
    const refused = state === undefined ? 0 : refusedBy(state);
    const id = lateKey(pod, entry.key);
    if (missing === undefined) {
      this.#late.delete(id);
      this.#refused.set(id, refused);
      return undefined;
    }
    const now = this.#deps.clock.now();
    const late = this.#late.get(id) ?? { since: now, touches: 0, isRefusing: false };
    late.isRefusing = refused > (this.#refused.get(id) ?? 0);
    this.#late.set(id, late);
    if (now - late.since >= (touchSchedule[late.touches] ?? Infinity)) {
      late.touches += 1;
      await this.#touch(pod);
    }
    return missing;
  }

  /** The version of a function's routes in pod; undefined when it has none or does not answer. */
  async routesOf(pod: Pod, key: FunctionKey): Promise<string | undefined> {
    return (await this.#stateOrNothing(pod))?.routes.get(key);
  }

  /** Client connections that a function's listener still has in pod; none when the pod does not answer. */
  async connectionsOf(pod: Pod, key: FunctionKey): Promise<number> {
    return (await this.#stateOrNothing(pod))?.connections.get(key) ?? 0;
  }

  async #stateOrNothing(pod: Pod): Promise<GatewayState | undefined> {
    try {
      return await this.#state(pod);
    } catch (error) {
      this.#deps.log.debug({ pod: pod.metadata.name, err: error }, "gateway pod does not tell its state");
      return undefined;
    }
  }

  /** Callers at the same time share one request. */
  #state(pod: Pod): Promise<GatewayState> {
    const id = pod.metadata.uid ?? "";
    const running = this.#reads.get(id);
    if (running !== undefined) return running;
    const read = this.#deps.ops.read(addressesOf(pod)[0] ?? "").finally(() => this.#reads.delete(id));
    this.#reads.set(id, read);
    return read;
  }

  /** True when pod has not confirmed the function for so long that callers should not be sent to it. */
  isLost(pod: Pod, key: FunctionKey): boolean {
    return this.lateFor(pod, key) >= lostAfterMs;
  }

  /** Milliseconds since the first look at which pod had not confirmed the function; 0 when it had at the latest look. */
  lateFor(pod: Pod, key: FunctionKey): number {
    const late = this.#late.get(lateKey(pod, key));
    return late === undefined ? 0 : Math.max(this.#deps.clock.now() - late.since, 1);
  }

  /** Forgets the pods and functions that are gone. */
  keepOnly(namespace: string, keys: ReadonlySet<string>): void {
    const alive = new Set(this.#deps.pods.list().map((pod) => pod.metadata.uid));
    const here = new Set(this.#pods(namespace).map((pod) => pod.metadata.uid));
    for (const id of [...this.#late.keys(), ...this.#refused.keys()]) {
      const [uid = "", key = ""] = id.split(" ");
      if (alive.has(uid) && (!here.has(uid) || keys.has(key))) continue;
      this.#late.delete(id);
      this.#refused.delete(id);
    }
  }

  /** Makes the kubelets of all gateway pods refresh their mounted configuration now. */
  async touchAll(namespace: string): Promise<void> {
    await Promise.all(this.#pods(namespace).map((pod) => this.#touch(pod)));
  }

  #pods(namespace: string): Pod[] {
    return gatewayPods(this.#deps.pods, namespace, this.#deps.gateway);
  }

  async #touch(pod: Pod): Promise<void> {
    const { client, clock } = this.#deps;
    const { namespace = "", name, uid } = pod.metadata;
    const annotations = { [touchAnnotation]: new Date(clock.now()).toISOString() };
    try {
      // The uid refuses a pod that has taken the name since.
      await client.merge(pods, { namespace, name }, { metadata: { uid, annotations } });
    } catch (error) {
      if (isNotFound(error) || isConflict(error)) return;
      // The configuration is written all the same: the kubelet finds it by itself, only later.
      this.#deps.log.warn({ pod: name, err: error }, "gateway pod cannot be touched");
    }
  }
}

/** Updates concern every function: each is part of all three. */
function refusedBy({ rejected }: GatewayState): number {
  return [...rejected.values()].reduce((sum, count) => sum + count, 0);
}

function lateKey(pod: Pod, key: FunctionKey): string {
  return `${pod.metadata.uid ?? ""} ${key}`;
}
