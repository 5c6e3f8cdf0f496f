/** Stands in for scheduler and kubelet: gives pods a node and an address, runs their programs, tells of readiness. */
import { type Pod, pods } from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Change } from "../fake-apiserver/storage.ts";
import type { Addresses } from "./addresses.ts";
import { keyOf, refOf, startController } from "./controller.ts";
import { mountsOf } from "./mounts.ts";
import type { PodProgram } from "./pod-program.ts";
import { PodWorker, type PodWorkerDeps } from "./pod-worker.ts";
import { isTerminating } from "./pods.ts";

export interface KubeletOptions extends PodWorkerDeps {
  readonly addresses: Addresses;
  /** The program of a pod; undefined for one that only has to be there. */
  readonly programFor: (pod: Pod) => PodProgram | undefined;
}

export interface Kubelet {
  /** The worker of a pod that runs. */
  find(pod: Pod): PodWorker | undefined;
  /** Looks at every pod again. */
  resync(): void;
  /** Ends the program of a pod and starts it again. */
  crash(pod: Pod): Promise<void>;
  stop(): Promise<void>;
}

const nodeName = "fake-node";

/** Mounted files change only when the pod's annotations do: a change of the ConfigMap alone is seen late, as on a node. */
export function startKubelet(options: KubeletOptions): Kubelet {
  const { server } = options;
  const node = new Node(options);
  const stopController = startController({
    server,
    keysOf: (change) => concerned(server, change),
    reconcile: (key) => node.reconcile(key),
  });
  return {
    find: (pod) => node.find(pod),
    resync: () => {
      for (const pod of server.readAll(pods)) node.reconcile(podKey(pod));
    },
    crash: async (pod) => {
      const mounts = mountsOf(server, pod);
      if (mounts !== undefined) await node.find(pod)?.crash(pod, mounts);
    },
    stop: async () => {
      stopController();
      await node.stop();
    },
  };
}

function podKey({ metadata }: Pod): string {
  return `${metadata.namespace ?? ""}/${metadata.name}`;
}

function concerned(server: FakeApiServer, change: Change): string[] {
  const { kind, metadata } = change.object;
  if (kind === "Pod") return [keyOf(change)];
  if ((kind !== "ConfigMap" && kind !== "Secret") || change.type !== "ADDED") return [];
  return server.readAll(pods, metadata.namespace).map(podKey);
}

class Node {
  readonly #options: KubeletOptions;
  readonly #workers = new Map<string, PodWorker>();
  readonly #ending = new Set<Promise<void>>();

  constructor(options: KubeletOptions) {
    this.#options = options;
  }

  find(pod: Pod): PodWorker | undefined {
    const worker = this.#workers.get(podKey(pod));
    return worker?.uid === pod.metadata.uid ? worker : undefined;
  }

  reconcile(key: string): void {
    const { server } = this.#options;
    const pod = server.read(pods, refOf(key));
    const worker = this.#workers.get(key);
    if (worker !== undefined && worker.uid !== pod?.metadata.uid) void this.#end(key, worker);
    if (pod === undefined) return;
    const current = this.#workers.get(key);
    if (isTerminating(pod)) this.#terminate(key, pod, current);
    else if (current === undefined) this.#begin(key, pod);
    else current.refresh(pod, mountsOf(server, pod));
  }

  async stop(): Promise<void> {
    for (const [key, worker] of this.#workers) void this.#end(key, worker);
    await Promise.all(this.#ending);
  }

  #begin(key: string, pod: Pod): void {
    const { server, addresses, programFor } = this.#options;
    const mounts = mountsOf(server, pod);
    if (mounts === undefined) return;
    if (pod.spec.nodeName === undefined) {
      const bind = (live: Pod): Pod => ({ ...live, spec: { ...live.spec, nodeName } });
      server.change(pods, refOf(key), bind, { manager: "kube-scheduler" });
    }
    this.#workers.set(key, new PodWorker(this.#options, pod, addresses.take(), programFor(pod), mounts));
  }

  #terminate(key: string, { metadata }: Pod, worker: PodWorker | undefined): void {
    const { server } = this.#options;
    const remove = (): void => {
      const live = server.read(pods, refOf(key));
      if (live?.metadata.uid === metadata.uid) server.remove(pods, refOf(key), { gracePeriodSeconds: 0 });
    };
    if (worker === undefined) remove();
    else void this.#end(key, worker).then(remove);
  }

  /** Its address is free again once the program has ended. */
  #end(key: string, worker: PodWorker): Promise<void> {
    this.#workers.delete(key);
    const ended = worker.stop().then(() => {
      this.#options.addresses.release(worker.address);
      this.#ending.delete(ended);
    });
    this.#ending.add(ended);
    return ended;
  }
}
