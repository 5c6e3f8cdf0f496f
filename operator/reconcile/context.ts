/** What a pass works with: the object, the clients, the caches and the status it builds. */
import type { Clock } from "../api/clock.ts";
import type { FunctionIdentity } from "../api/function-identity.ts";
import type { EdgeFunction, EdgeTarget } from "../kube/edge-objects.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { ConfigMap, Deployment, EndpointSlice, Namespace, Service } from "../kube/objects.ts";
import type { ObservedStore } from "../kube/object-cache.ts";
import type { Store } from "../kube/store.ts";
import type { AdaptedModules } from "../module/adapt/adapted-modules.ts";
import type { ModuleSources } from "../module/module-sources.ts";
import type { EnvSource } from "../module/env-source.ts";
import type { Provider } from "../provider/provider.ts";
import type { EventNote } from "../telemetry/events.ts";
import type { Logger } from "../telemetry/log.ts";
import type { TrafficSwitch } from "../traffic/switch.ts";
import type { ReadSurroundings } from "../workload/assessment/read-surroundings.ts";
import type { StatusDraft } from "./status-draft.ts";

export interface Stores {
  readonly edgeFunctions: ObservedStore<EdgeFunction>;
  readonly edgeTargets: Store<EdgeTarget>;
  readonly clusterEdgeTargets: Store<EdgeTarget>;
  /** With managedFields. */
  readonly deployments: ObservedStore<Deployment>;
  readonly services: Store<Service>;
  readonly endpointSlices: Store<EndpointSlice>;
  /** Metadata only. */
  readonly configMaps: Store<ConfigMap>;
  readonly namespaces: Store<Namespace>;
}

export interface ReconcileDeps {
  readonly client: KubeClient;
  readonly stores: Stores;
  readonly modules: ModuleSources;
  readonly adapted: AdaptedModules;
  readonly env: EnvSource;
  readonly traffic: TrafficSwitch;
  readonly surroundings: ReadSurroundings;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Context extends ReconcileDeps {
  /** As it was read, or as the latest write of this pass to it was answered. */
  readonly fn: EdgeFunction;
  readonly identity: FunctionIdentity;
  /** Of the function's edge. */
  readonly provider: Provider;
  readonly status: StatusDraft;
  /** Runs one step and logs its name and duration. */
  step<T>(name: string, run: () => Promise<T>): Promise<T>;
  /** Name of the step that the pass came to. */
  lastStep(): string | undefined;
  /** Milliseconds since the pass began. */
  elapsed(): number;
  /** Takes the answer to a write to the EdgeFunction, so that later writes of this pass are not refused as outdated. */
  wrote(fn: EdgeFunction): void;
  /** Tells people of something that is no change of a condition. */
  tell(note: EventNote): Promise<void>;
}
