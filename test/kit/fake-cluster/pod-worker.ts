/** One pod on the fake node: from its start to its end. */
import { type Pod, pods } from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Mounts, PodProcess, PodProgram } from "./pod-program.ts";
import { isTerminating } from "./pods.ts";
import { podConditions, readinessProbed } from "./readiness.ts";

export interface PodWorkerDeps {
  readonly server: FakeApiServer;
  readonly canStart: (pod: Pod) => boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const manager = "kubelet";

export class PodWorker {
  readonly uid: string | undefined;
  readonly address: string;
  readonly #deps: PodWorkerDeps;
  readonly #ref: { readonly namespace: string; readonly name: string };
  readonly #program: PodProgram | undefined;
  #process: Promise<PodProcess | undefined>;
  #stopped: Promise<void> | undefined;
  #life = new AbortController();
  #annotations: string;
  #restarts = 0;
  #isProbed = false;

  constructor(
    deps: PodWorkerDeps,
    pod: Pod,
    address: string,
    program: PodProgram | undefined,
    mounts: Mounts,
  ) {
    const { uid, namespace = "", name } = pod.metadata;
    this.#deps = deps;
    this.uid = uid;
    this.address = address;
    this.#ref = { namespace, name };
    this.#program = program;
    this.#annotations = JSON.stringify(pod.metadata.annotations);
    this.#process = program?.({ pod, address, mounts }) ?? Promise.resolve(undefined);
    void this.#becomeReady(pod);
  }

  /** The program; undefined for a pod that only has to be there. */
  get process(): Promise<PodProcess | undefined> {
    return this.#process;
  }

  /** The pod has changed. A change of its annotations refreshes the mounted files. */
  refresh(pod: Pod, mounts: Mounts | undefined): void {
    const annotations = JSON.stringify(pod.metadata.annotations);
    if (annotations !== this.#annotations && mounts !== undefined) {
      void this.#process.then((process) => process?.filesChanged?.(mounts));
    }
    this.#annotations = annotations;
    if (this.#isProbed) this.#tell();
  }

  /** Ends the program and starts it again; the pod is not ready in between. */
  async crash(pod: Pod, mounts: Mounts): Promise<void> {
    this.#life.abort();
    this.#life = new AbortController();
    this.#isProbed = false;
    this.#restarts += 1;
    this.#tell();
    const process = await this.#process;
    if (process?.crash === undefined) {
      await process?.stop();
      this.#process = this.#program?.({ pod, address: this.address, mounts }) ?? Promise.resolve(undefined);
    } else await process.crash();
    await this.#becomeReady(pod);
  }

  /** Ends the program. */
  stop(): Promise<void> {
    this.#life.abort();
    this.#stopped ??= this.#process.then((process) => process?.stop());
    return this.#stopped;
  }

  async #becomeReady(pod: Pod): Promise<void> {
    const { signal } = this.#life;
    await this.#process;
    if (this.#program !== undefined && pod.spec.containers[0]?.readinessProbe !== undefined) {
      this.#tell();
      const probed = await readinessProbed(pod, this.address, signal).then(
        () => true,
        () => false,
      );
      if (!probed) return;
    }
    if (signal.aborted) return;
    this.#isProbed = true;
    this.#tell();
  }

  #tell(): void {
    const { server, canStart, now } = this.#deps;
    const pod = server.read(pods, this.#ref);
    if (pod?.metadata.uid !== this.uid || pod === undefined || isTerminating(pod)) return;
    const ready = this.#isProbed && canStart(pod);
    const time = new Date(now()).toISOString().replace(/\.\d+Z$/, "Z");
    const statuses = pod.spec.containers.map(({ name }) => ({ name, ready, restartCount: this.#restarts }));
    const status: Pod["status"] = {
      phase: "Running",
      podIP: this.address,
      podIPs: [{ ip: this.address }],
      conditions: podConditions(pod, ready, time),
      containerStatuses: statuses,
    };
    const change = (live: Pod): Pod => ({ ...live, status: { ...live.status, ...status } });
    server.change(pods, this.#ref, change, { subresource: "status", manager });
  }
}
