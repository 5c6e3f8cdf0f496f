/** Puts the workerd provider together. */
import type { Clock } from "../../api/clock.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { EdgeFunction } from "../../kube/edge-objects.ts";
import type { NetworkPolicySettings } from "../../kube/network-rules.ts";
import type { ConfigMap, Deployment, EndpointSlice, Namespace, Pod } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { Logger } from "../../telemetry/log.ts";
import { ArtifactCache } from "./artifact-cache.ts";
import { DesiredManifests } from "./desired-manifests.ts";
import { PoolAuthority } from "./pool-authority.ts";
import { PoolClients } from "./pool-clients.ts";
import { PoolLoop } from "./pool-loop.ts";
import type { TellTrap } from "./pool-loop.ts";
import type { ArtifactSource } from "./pool-push.ts";
import { PoolObjects } from "./pool-objects.ts";
import { PoolSecretEnvs } from "./pool-secret-envs.ts";
import type { PoolSpec } from "./pool-spec.ts";
import { WorkerdProvider } from "./workerd-provider.ts";

export interface WorkerdDeps {
  readonly client: KubeClient;
  readonly stores: {
    /** At least the pods with the labels of a pool. */
    readonly pods: Store<Pod>;
    readonly deployments: Store<Deployment>;
    /** Metadata is enough. */
    readonly configMaps: Store<ConfigMap>;
    readonly namespaces: Store<Namespace>;
    readonly edgeFunctions: Store<EdgeFunction>;
    readonly endpointSlices: Store<EndpointSlice>;
  };
  readonly clock: Clock;
  readonly log: Logger;
  readonly edgeImage: string;
  readonly operatorNamespace: string;
  /** Without them pools have no NetworkPolicy. */
  readonly networkPolicies?: NetworkPolicySettings | undefined;
  /** How the pool of a namespace is set up; undefined while its target is not there. */
  readonly poolSpec: (namespace: string) => PoolSpec | undefined;
  /** Asked for bytes that are neither in memory nor, later, on another pod. */
  readonly source: ArtifactSource;
  readonly tellTrap: TellTrap;
  /** The term of leading: nothing is sent to pods after its end. */
  readonly signal?: AbortSignal;
}

export interface Workerd {
  readonly provider: WorkerdProvider;
  readonly loop: PoolLoop;
  /** Ends all connections to pods. */
  close(): Promise<void>;
}

export function createWorkerdProvider(deps: WorkerdDeps): Workerd {
  const { client, clock, log, stores } = deps;
  const artifacts = new ArtifactCache();
  const authority = new PoolAuthority({ client, clock, operatorNamespace: deps.operatorNamespace });
  const clients = new PoolClients(authority, log, deps.signal);
  const desired = new DesiredManifests({ client, clock, configMaps: stores.configMaps });
  const secretEnvs = new PoolSecretEnvs(client, clock);
  const { edgeImage, poolSpec, source, tellTrap } = deps;
  const objects = new PoolObjects({
    client,
    clock,
    authority,
    deployments: stores.deployments,
    edgeImage,
    networkPolicies: deps.networkPolicies,
    poolSpec,
  });
  const { pods } = stores;
  const state = { desired, secretEnvs };
  const pushing = { clients, artifacts, source, tellTrap };
  const loop = new PoolLoop({ ...stores, ...state, ...pushing, client, objects, clock, log });
  const provider = new WorkerdProvider({ ...state, loop, pods, artifacts });
  return { provider, loop, close: () => clients.close() };
}
