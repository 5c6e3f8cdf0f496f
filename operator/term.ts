/** What one term of leading works with: every client in it is fenced by that term. */
import { Agent } from "undici";
import type { KubeClient } from "./kube/kube-client.ts";
import { coreEvents, events } from "./kube/event-objects.ts";
import { createModuleSources } from "./module/create-module-sources.ts";
import { createEnvSource } from "./module/env-source.ts";
import { AdaptedModules } from "./module/adapt/adapted-modules.ts";
import { runTranspiler } from "./module/adapt/run-transpiler.ts";
import { BlobCache } from "./module/blob-cache.ts";
import { digestOf } from "./module/digest.ts";
import type { ModuleSources } from "./module/module-sources.ts";
import type { Caches, EbbDeps } from "./operator.ts";
import { createTokenSource } from "./edge-token.ts";
import { createCloudflareEdges } from "./provider/cloudflare/create-cloudflare-edges.ts";
import { createDenoEdges } from "./provider/deno-deploy/create-deno-edges.ts";
import { createWorkerdProvider } from "./provider/workerd/create-workerd-provider.ts";
import type { ArtifactSource } from "./provider/workerd/pool-push.ts";
import type { PoolLoop } from "./provider/workerd/pool-loop.ts";
import { createEdges } from "./reconcile/edges.ts";
import { targetOfNamespace } from "./reconcile/find-target.ts";
import { reconcileTarget } from "./reconcile/target-status.ts";
import { trapTeller } from "./reconcile/tell-trap.ts";
import { createReconciler, type Reconcile } from "./reconcile/reconciler.ts";
import { createEventRecorder } from "./telemetry/events.ts";
import type { SliceLoop } from "./traffic/endpoint-slice/slice-loop.ts";
import { createEndpointSliceTraffic } from "./traffic/endpoint-slice-traffic.ts";
import { createSurroundings } from "./workload/assessment/read-surroundings.ts";

export interface Term {
  readonly reconcile: Reconcile;
  readonly slices: Pick<SliceLoop, "reconcile">;
  readonly pool: PoolLoop;
  /** As in target-status.ts. */
  readonly reconcileTarget: (key: string) => Promise<number | undefined>;
  /** Ends the connections that it has opened. */
  close(): Promise<void>;
}

/** Milliseconds until a connection to an edge outside of the cluster stands. */
const connectMs = 5000;

/** lead aborts when the term ends: nothing is sent to a pod after it. */
export function createTerm(deps: EbbDeps, caches: Caches, client: KubeClient, lead: AbortSignal): Term {
  const { clock, log, config, metrics } = deps;
  const policies = config.networkPolicies && {
    ...config.networkPolicies,
    operatorNamespace: config.namespace,
  };
  const { cacheDir, cacheSize } = config.modules;
  const cache = new BlobCache({ dir: cacheDir, maxBytes: cacheSize, log });
  const modules = createModuleSources({ client, clock, log, settings: config.modules, cache, signal: lead });
  const adapted = new AdaptedModules({
    cache,
    transpile: (component) => runTranspiler(config.transpiler, component),
  });
  const traffic = createEndpointSliceTraffic({
    client,
    stores: caches,
    clock,
    log,
    gatewayImage: config.gatewayImage,
    networkPolicies: policies,
  });
  const recorder = createEventRecorder({
    sink: (event) => client.create(events, event),
    coreSink: (event) => client.create(coreEvents, event),
    clock,
    log,
    instance: config.identity,
  });
  const edge = createWorkerdProvider({
    client,
    stores: caches,
    clock,
    log,
    edgeImage: config.edgeImage,
    operatorNamespace: config.namespace,
    networkPolicies: policies,
    signal: lead,
    poolSpec: (namespace) => targetOfNamespace(caches.edgeFunctions.list(namespace), caches)?.spec.workerd,
    source: artifactSource(caches, modules, adapted),
    tellTrap: trapTeller(caches.edgeFunctions, recorder),
  });
  const outside = new Agent({ connect: { timeout: connectMs } });
  const tokens = createTokenSource(client, clock);
  const hostedDeps = (edge: string, field: string) => ({
    clock,
    dispatcher: deps.outside ?? outside,
    token: tokens(field),
    onCall: (method: string, status: number) =>
      metrics.edgeRequests.inc({ edge, method, code: String(status) }),
  });
  const hosted = {
    cloudflare: createCloudflareEdges({
      ...hostedDeps("cloudflare", "spec.cloudflare.apiTokenSecretRef"),
      modules: config.hostedModules.cloudflare,
    }),
    denoDeploy: createDenoEdges({
      ...hostedDeps("deno-deploy", "spec.denoDeploy.tokenSecretRef"),
      modules: config.hostedModules.deno,
    }),
  };
  lead.addEventListener("abort", () => void outside.destroy(), { once: true });
  const reconcile = createReconciler({
    client,
    stores: caches,
    modules,
    adapted,
    env: createEnvSource(client, clock),
    providerOf: createEdges({
      stores: caches,
      pool: edge.provider,
      hosted,
      operatorNamespace: config.namespace,
    }),
    traffic: traffic.trafficSwitch,
    surroundings: createSurroundings({
      client,
      stores: caches,
      clock,
      operatorNamespace: config.namespace,
      makesPolicies: policies !== undefined,
    }),
    clock,
    log,
    events: recorder,
    metrics,
  });
  const close = async (): Promise<void> => {
    await Promise.all([edge.close(), outside.destroy()]);
  };
  const targets = { client, stores: caches, clock, hosted, operatorNamespace: config.namespace };
  return {
    reconcile,
    reconcileTarget: (key) => reconcileTarget(targets, key),
    slices: traffic.sliceLoop,
    pool: edge.loop,
    close,
  };
}

/** The modules of a namespace's functions, or what was made of them, where they can be had without leaving the cluster. */
function artifactSource(caches: Caches, modules: ModuleSources, adapted: AdaptedModules): ArtifactSource {
  return async (namespace, digest) => {
    const versionOf = (name: string) => caches.configMaps.get(namespace, name)?.metadata.resourceVersion;
    for (const { spec, status } of caches.edgeFunctions.list(namespace)) {
      const used = status?.module;
      if (used === undefined) continue;
      const isAdapted = used.abi === "WasiHttp";
      if (digest !== (isAdapted ? (adapted.digestFor(used.digest) ?? digest) : used.digest)) continue;
      const bytes = await modules.atHand(namespace, spec.module, used, versionOf);
      if (bytes === undefined || digestOf(bytes) !== used.digest) continue;
      if (!isAdapted) return bytes;
      const made = await adapted.adapt(used.digest, async () => bytes);
      if (made.digest === digest) return made.bytes;
    }
    return undefined;
  };
}
