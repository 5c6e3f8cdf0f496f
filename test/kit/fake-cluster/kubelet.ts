/** Stands in for scheduler and kubelet: gives pods addresses, runs their programs, tells of their readiness. */
import { type ObjectCondition, type Pod, pods } from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Change } from "../fake-apiserver/storage.ts";
import { keyOf, refOf, startController } from "./controller.ts";
import { mountsOf } from "./mounts.ts";
import type { PodProcess, PodProgram } from "./pod-program.ts";
import { condition, isTerminating } from "./pods.ts";

export interface KubeletOptions {
  readonly server: FakeApiServer;
  readonly addresses: { take(): string; release(address: string): void };
  /** The program of a pod; undefined for one that only has to be there. */
  readonly programFor: (pod: Pod) => PodProgram | undefined;
  /** Whether the containers of a pod become ready once they run. */
  readonly canStart: (pod: Pod) => boolean;
}

interface Running {
  readonly address: string;
  readonly process: Promise<PodProcess | undefined>;
  started: boolean;
  stopping: boolean;
  /** The annotations at the last look: a change of them refreshes the mounted files. */
  annotations: string;
}

export interface Kubelet {
  /** Looks at every pod again. */
  resync(): void;
  /** Ends the program of a pod at once, as a crash does, and starts it again; its pod is not ready in between. */
  crash(pod: Pod): Promise<void>;
  stop(): Promise<void>;
}

const manager = "kubelet";
const nodeName = "fake-node";

/** Mounted files change only when the pod's annotations do: a change of the ConfigMap alone is seen late, as on a node. */
export function startKubelet(options: KubeletOptions): Kubelet {
  const running = new Map<string, Running>();
  const node = new Node(options, running);
  const stopController = startController({
    server: options.server,
    keysOf: (change) => concerned(options.server, change),
    reconcile: (key) => node.reconcile(key),
  });
  return {
    resync: () => {
      for (const { metadata } of options.server.readAll(pods))
        node.reconcile(`${metadata.namespace}/${metadata.name}`);
    },
    crash: (pod) => node.crash(pod),
    stop: async () => {
      stopController();
      await Promise.all([...running.values()].map(async ({ process }) => await (await process)?.stop()));
    },
  };
}

function concerned(server: FakeApiServer, change: Change): string[] {
  const { kind, metadata } = change.object;
  if (kind === "Pod") return [keyOf(change)];
  if ((kind !== "ConfigMap" && kind !== "Secret") || change.type !== "ADDED") return [];
  return server.readAll(pods, metadata.namespace).map((pod) => `${metadata.namespace}/${pod.metadata.name}`);
}

class Node {
  readonly #options: KubeletOptions;
  readonly #running: Map<string, Running>;

  constructor(options: KubeletOptions, running: Map<string, Running>) {
    this.#options = options;
    this.#running = running;
  }

  reconcile(key: string): void {
    const pod = this.#options.server.read(pods, refOf(key));
    this.#endStrays(key, pod);
    if (pod === undefined) return;
    const current = this.#running.get(key);
    if (isTerminating(pod)) void this.#terminate(key, pod);
    else if (current === undefined) this.#begin(key, pod);
    else this.#refresh(pod, current);
  }

  async crash(pod: Pod): Promise<void> {
    const key = `${pod.metadata.namespace}/${pod.metadata.name}`;
    const current = this.#running.get(key);
    if (current === undefined) return;
    await (await current.process)?.stop();
    this.#running.delete(key);
    this.#options.addresses.release(current.address);
    this.#write(pod, { ...pod.status, conditions: conditionsOf(pod, false) });
    this.reconcile(key);
  }

  /** A pod that was removed without a grace period leaves its program behind. */
  #endStrays(key: string, pod: Pod | undefined): void {
    const current = this.#running.get(key);
    if (pod !== undefined || current === undefined || current.stopping) return;
    this.#running.delete(key);
    this.#options.addresses.release(current.address);
    void current.process.then((process) => process?.stop());
  }

  #begin(key: string, pod: Pod): void {
    const { server, addresses, programFor } = this.#options;
    const mounts = mountsOf(server, pod);
    if (mounts === undefined) return;
    if (pod.spec.nodeName === undefined) {
      server.change(pods, refOf(key), (live) => ({ ...live, spec: { ...live.spec, nodeName } }), {
        manager: "kube-scheduler",
      });
    }
    const address = addresses.take();
    const program = programFor(pod);
    const process = program === undefined ? Promise.resolve(undefined) : program({ pod, address, mounts });
    const annotations = JSON.stringify(pod.metadata.annotations);
    const current: Running = { address, process, started: false, stopping: false, annotations };
    this.#running.set(key, current);
    void process.then(() => {
      current.started = true;
      if (this.#running.get(key) === current && !current.stopping) this.#tellReadiness(key);
    });
  }

  #refresh(pod: Pod, current: Running): void {
    const annotations = JSON.stringify(pod.metadata.annotations);
    if (annotations !== current.annotations) {
      current.annotations = annotations;
      const mounts = mountsOf(this.#options.server, pod);
      if (mounts !== undefined) void current.process.then((process) => process?.filesChanged?.(mounts));
    }
    if (current.started) this.#tellReadiness(`${pod.metadata.namespace}/${pod.metadata.name}`);
  }

  #tellReadiness(key: string): void {
    const pod = this.#options.server.read(pods, refOf(key));
    const current = this.#running.get(key);
    if (pod === undefined || current === undefined || isTerminating(pod)) return;
    const ready = this.#options.canStart(pod);
    const containerStatuses = pod.spec.containers.map(({ name }) => ({ name, ready, restartCount: 0 }));
    const { address } = current;
    const status = {
      phase: "Running",
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: conditionsOf(pod, ready),
      containerStatuses,
    };
    this.#write(pod, status);
  }

  async #terminate(key: string, pod: Pod): Promise<void> {
    const current = this.#running.get(key);
    if (current?.stopping === true) return;
    if (current !== undefined) {
      current.stopping = true;
      await (await current.process)?.stop();
      this.#options.addresses.release(current.address);
      this.#running.delete(key);
    }
    const live = this.#options.server.read(pods, refOf(key));
    if (live?.metadata.uid !== pod.metadata.uid) return;
    this.#options.server.remove(pods, refOf(key), { gracePeriodSeconds: 0 });
  }

  #write({ metadata }: Pod, status: Pod["status"]): void {
    const ref = { namespace: metadata.namespace ?? "", name: metadata.name };
    this.#options.server.change(pods, ref, (live) => ({ ...live, status: { ...live.status, ...status } }), {
      subresource: "status",
      manager,
    });
  }
}

/** Ready waits for every readiness gate; conditions of others stay. */
function conditionsOf(pod: Pod, containersReady: boolean): ObjectCondition[] {
  const gates = pod.spec.readinessGates ?? [];
  const open = gates.every(({ conditionType }) => condition(pod, conditionType)?.status === "True");
  const own: ObjectCondition[] = [
    { type: "PodScheduled", status: "True" },
    { type: "Initialized", status: "True" },
    { type: "ContainersReady", status: containersReady ? "True" : "False" },
    { type: "Ready", status: containersReady && open ? "True" : "False" },
  ];
  const others = (pod.status?.conditions ?? []).filter(({ type }) => !own.some((each) => each.type === type));
  return [...own, ...others];
}
