/** Puts an operator together and runs it: caches on every replica, passes on the leader. */
import type { KubeConfig } from "@kubernetes/client-node";
import type { Dispatcher } from "undici";
import type { Clock } from "./api/clock.ts";
import { leaseName } from "./api/v1alpha1/names.ts";
import type { Config } from "./config.ts";
import { keepTryingDefaultTarget } from "./default-target.ts";
import { ApiCaller, type RequestHooks, type RequestRecord } from "./kube/api-caller.ts";
import { Connection } from "./kube/connection.ts";
import { HttpKubeClient } from "./kube/http-client.ts";
import { HttpListWatch } from "./kube/http-list-watch.ts";
import { LeaderElector } from "./kube/leader-election.ts";
import type { OwnerReference } from "./kube/resource.ts";
import type { OperatorHooks } from "./kube/operator-deps.ts";
import { EbbOperator } from "./operator.ts";
import { startHealthServer } from "./telemetry/health-server.ts";
import type { Logger } from "./telemetry/log.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";

export interface StartOptions {
  readonly config: Config;
  readonly kubeConfig: KubeConfig;
  readonly clock: Clock;
  /** Milliseconds of a clock that no one sets, for the terms of leading; clock's unless given. */
  readonly elapsed?: () => number;
  readonly log: Logger;
  /** Carries what goes to edges outside of the cluster; connections of its own unless given. */
  readonly outside?: Dispatcher | undefined;
  /** Ends the operator in order: passes end, the lease is released. */
  readonly stop: AbortSignal;
}

/** Half of the time within which a leader must renew. */
const leaseCallMs = 5000;

/** Resolves when the operator has stopped after options.stop. Errors: what a term of leading threw. */
export async function runOperator(options: StartOptions): Promise<void> {
  const { config, kubeConfig, clock, log, stop } = options;
  let isSynced = false;
  const metrics = createMetrics(() =>
    isSynced ? operator.caches.edgeFunctions.list().map((fn) => fn.status?.phase ?? "Pending") : [],
  );
  const connection = new Connection({ kubeConfig, clock });
  const hooks: RequestHooks = { onRequest: (record) => countRequest(metrics, record) };
  const caller = new ApiCaller({ connection, clock, hooks });
  const client = new HttpKubeClient({ caller });
  // The lease is renewed in time however many calls wait for their turn.
  const leaseClient = new HttpKubeClient({ caller: new ApiCaller({ connection, clock, hooks }) });
  const listWatch = new HttpListWatch({ caller, connection });
  const operator = new EbbOperator({
    kubeConfig,
    client,
    listWatch,
    clock,
    log,
    config,
    metrics,
    hooks: hooksOf(metrics),
    outside: options.outside,
  });
  const health = await startHealthServer(config.port, metrics.registry, () => isSynced);
  const halt = (): void => operator.stop();
  stop.addEventListener("abort", halt, { once: true });
  try {
    await operator.start();
    await operator.synced();
    isSynced = true;
    const elector = new LeaderElector({
      client: leaseClient.withTimeout(leaseCallMs),
      namespace: config.namespace,
      name: leaseName,
      ...ownerOf(operator, config),
      identity: config.identity,
      clock,
      ...(options.elapsed === undefined ? {} : { elapsed: options.elapsed }),
      log,
      onChange: (leading) => metrics.leader.set(leading ? 1 : 0),
    });
    await elector.run({
      signal: stop,
      onLeading: async (lead) => {
        const over = AbortSignal.any([lead, stop]);
        const target = config.makeDefaultTarget
          ? keepTryingDefaultTarget(client.fencedBy(lead), clock, log, over)
          : undefined;
        await operator.work(lead);
        await target;
      },
    });
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    stop.removeEventListener("abort", halt);
    operator.stop();
    await operator.stopped();
    await health.close();
    await connection.close();
  }
}

/** The operator's Deployment, where it runs as one: its Lease goes with it. */
function ownerOf({ caches }: EbbOperator, { namespace, deployment }: Config): { owner?: OwnerReference } {
  const { name, uid } = caches.deployments.get(namespace, deployment ?? "")?.metadata ?? {};
  if (name === undefined || uid === undefined) return {};
  return { owner: { apiVersion: "apps/v1", kind: "Deployment", name, uid } };
}

function hooksOf(metrics: Metrics): OperatorHooks {
  return {
    queue: (name) => ({
      onDepth: (depth) => metrics.queueDepth.set({ name }, depth),
      onWaited: (seconds) => metrics.queueTime.observe({ name }, seconds),
      onRetry: () => metrics.queueRetries.inc({ name }),
    }),
    reflector: {
      onList: (resource) => metrics.reflector.inc({ resource, what: "list" }),
      onWatch: (resource) => metrics.reflector.inc({ resource, what: "watch" }),
      onFailure: (resource) => metrics.reflector.inc({ resource, what: "failure" }),
    },
    workers: (controller) => ({
      onStart: () => metrics.activeWorkers.inc({ controller }),
      onEnd: (result, seconds) => {
        metrics.activeWorkers.dec({ controller });
        metrics.reconciles.inc({ controller, result });
        if (result === "error") metrics.reconcileErrors.inc({ controller });
        metrics.reconcileTime.observe({ controller }, seconds);
      },
    }),
  };
}

function countRequest(metrics: Metrics, { method, resource, subresource, status }: RequestRecord): void {
  metrics.requests.inc({
    method,
    resource: subresource === "" ? resource : `${resource}/${subresource}`,
    code: String(status),
  });
}
