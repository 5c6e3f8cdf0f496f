/** Stand-ins for the controllers and the node around a fake API server. */
import { labels } from "../../../operator/api/v1alpha1/names.ts";
import type { Pod } from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import { podAddresses } from "./addresses.ts";
import { startDeploymentController } from "./deployment-controller.ts";
import { startEndpointSliceController } from "./endpoint-slice-controller.ts";
import { startKubelet } from "./kubelet.ts";
import type { PodProgram } from "./pod-program.ts";

export interface FakeClusterOptions {
  readonly server: FakeApiServer;
  /** Clusters that live at the same time in one process need different slots, 0 to 255. */
  readonly slot: number;
  /** Programs by the pods' label `ebb.dev/component`; those without run app, if there is one. */
  readonly programs?: Readonly<Record<string, PodProgram>>;
  readonly app?: PodProgram;
  /** Milliseconds since the epoch; the machine's clock by default. */
  readonly now?: () => number;
}

export interface FakeCluster {
  /** Pods of which the predicate says no do not become ready; those that run are looked at again. */
  letStart(canStart: (pod: Pod) => boolean): void;
  /** Ends a pod's program and starts it again. */
  crash(pod: Pod): Promise<void>;
  stop(): Promise<void>;
}

/** Reacts to every change within a few turns of the event loop; there is no fixed delay. */
export function startFakeCluster(options: FakeClusterOptions): FakeCluster {
  const { server, slot, programs = {}, app, now = Date.now } = options;
  let canStart: (pod: Pod) => boolean = always;
  const kubelet = startKubelet({
    server,
    now,
    addresses: podAddresses(slot),
    programFor: (pod) => programs[pod.metadata.labels?.[labels.component] ?? ""] ?? app,
    canStart: (pod) => canStart(pod),
  });
  const stoppers = [startDeploymentController(server), startEndpointSliceController(server)];
  return {
    letStart: (next) => {
      canStart = next;
      kubelet.resync();
    },
    crash: (pod) => kubelet.crash(pod),
    stop: async () => {
      for (const stop of stoppers) stop();
      await kubelet.stop();
    },
  };
}

function always(): boolean {
  return true;
}
