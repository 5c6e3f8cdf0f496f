/** Gives the node's pods an address and the status of pods that run. */
import { isConflict, isNotFound } from "../../operator/kube/api-error.ts";
import type { ObjectEvent } from "../../operator/kube/object-cache.ts";
import { type Pod, pods } from "../../operator/kube/objects.ts";
import { podConditions } from "../../test/kit/fake-cluster/readiness.ts";
import type { Api } from "../cluster/api.ts";
import { Addresses } from "./addresses.ts";
import { nodeName } from "./hollow-node.ts";
import { Programs } from "./programs.ts";

interface Running {
  readonly uid: string | undefined;
  readonly address: string;
  readonly started: Promise<void>;
  isStarted: boolean;
}

export class HollowPods {
  readonly #api: Api;
  readonly #programs: Programs;
  readonly #addresses = new Addresses();
  readonly #running = new Map<string, Running>();
  #isOver = false;

  private constructor(api: Api, programs: Programs) {
    this.#api = api;
    this.#programs = programs;
  }

  /** Returns when it knows the pods that are there. */
  static async start(api: Api): Promise<HollowPods> {
    const node = new HollowPods(api, await Programs.open(api));
    const scope = { fieldSelector: `spec.nodeName=${nodeName}` };
    await api.follow(pods, scope, (event) => node.#take(event));
    return node;
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await this.#programs.stopAll();
  }

  #take({ type, object: pod }: ObjectEvent<Pod>): void {
    if (this.#isOver) return;
    const { uid = "", deletionTimestamp } = pod.metadata;
    if (type === "deleted") void this.#end(uid);
    else if (deletionTimestamp !== undefined) void this.#end(uid).then(() => this.#remove(pod));
    else this.#keep(uid, pod);
  }

  #keep(uid: string, pod: Pod): void {
    const running = this.#running.get(uid) ?? this.#begin(uid, pod);
    if (running.isStarted) void this.#tell(pod, running.address);
  }

  #begin(uid: string, pod: Pod): Running {
    const address = this.#addresses.take();
    const started = this.#programs.start(uid, pod, address);
    const running: Running = { uid, address, started, isStarted: false };
    this.#running.set(uid, running);
    started.then(
      () => {
        running.isStarted = true;
        void this.#tell(pod, address);
      },
      (error: unknown) => console.error(`pod ${pod.metadata.name} does not start`, error),
    );
    return running;
  }

  async #end(uid: string): Promise<void> {
    const running = this.#running.get(uid);
    if (running === undefined) return;
    this.#running.delete(uid);
    await running.started;
    await this.#programs.stop(uid);
    this.#addresses.release(running.address);
  }

  /** Nothing is written when the pod's status says it already; after a conflict the next event comes by itself. */
  async #tell(pod: Pod, address: string): Promise<void> {
    const { namespace = "", name, resourceVersion } = pod.metadata;
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    const conditions = podConditions(pod, true, now);
    const { status } = pod;
    if (status?.podIP === address && JSON.stringify(conditions) === JSON.stringify(status.conditions)) return;
    const containerStatuses = pod.spec.containers.map((container) => ({
      name: container.name,
      ready: true,
      restartCount: 0,
      image: container.image ?? "",
      imageID: "",
      started: true,
      state: { running: { startedAt: now } },
    }));
    const told = {
      phase: "Running",
      podIP: address,
      podIPs: [{ ip: address }],
      conditions,
      containerStatuses,
    };
    try {
      await this.#api.client.merge(
        pods,
        { namespace, name },
        { metadata: { resourceVersion }, status: told },
        "status",
      );
    } catch (error) {
      if (!isConflict(error) && !isNotFound(error)) console.error(`pod ${name} cannot be told of`, error);
    }
  }

  async #remove({ metadata: { namespace = "", name } }: Pod): Promise<void> {
    await this.#api.removeAtOnce({ namespace, name });
  }
}
