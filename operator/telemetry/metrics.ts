/** What the operator counts: controller-runtime's names where they exist, so that dashboards fit, and `ebb_*` for the rest. */
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";

export interface Metrics {
  readonly registry: Registry;
  /** Passes by controller and result. */
  readonly reconciles: Counter<"controller" | "result">;
  readonly reconcileErrors: Counter<"controller">;
  /** Seconds a pass. */
  readonly reconcileTime: Histogram<"controller">;
  readonly activeWorkers: Gauge<"controller">;
  readonly queueDepth: Gauge<"name">;
  /** Seconds that a key has waited. */
  readonly queueTime: Histogram<"name">;
  readonly queueRetries: Counter<"name">;
  /** Lists and watches begun, and the failures of both, by resource. */
  readonly reflector: Counter<"resource" | "what">;
  /** Requests to the API server by method, resource and status. */
  readonly requests: Counter<"method" | "resource" | "code">;
  /** Calls of the APIs of edges outside of the cluster, by edge, method and status. */
  readonly edgeRequests: Counter<"edge" | "method" | "code">;
  /** EdgeFunctions by phase, counted when metrics are read. */
  readonly functions: Gauge<"phase">;
  /** Changes of a condition by type, status and reason. */
  readonly transitions: Counter<"type" | "status" | "reason">;
  readonly leader: Gauge;
}

/** phases gives each EdgeFunction's, when metrics are read. */
export function createMetrics(phases: () => readonly string[]): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    reconciles: new Counter({
      name: "controller_runtime_reconcile_total",
      help: "Passes by controller and result",
      labelNames: ["controller", "result"],
      registers,
    }),
    reconcileErrors: new Counter({
      name: "controller_runtime_reconcile_errors_total",
      help: "Passes that ended in an error",
      labelNames: ["controller"],
      registers,
    }),
    reconcileTime: new Histogram({
      name: "controller_runtime_reconcile_time_seconds",
      help: "Seconds a pass",
      labelNames: ["controller"],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
    activeWorkers: new Gauge({
      name: "controller_runtime_active_workers",
      help: "Passes that run now",
      labelNames: ["controller"],
      registers,
    }),
    queueDepth: new Gauge({
      name: "workqueue_depth",
      help: "Keys that wait",
      labelNames: ["name"],
      registers,
    }),
    queueTime: new Histogram({
      name: "workqueue_queue_duration_seconds",
      help: "Seconds that a key has waited",
      labelNames: ["name"],
      buckets: [0.001, 0.01, 0.1, 1, 10, 100],
      registers,
    }),
    queueRetries: new Counter({
      name: "workqueue_retries_total",
      help: "Keys added again after a failed pass",
      labelNames: ["name"],
      registers,
    }),
    reflector: new Counter({
      name: "ebb_reflector_total",
      help: "Lists, watches and failures of the caches",
      labelNames: ["resource", "what"],
      registers,
    }),
    requests: new Counter({
      name: "rest_client_requests_total",
      help: "Requests to the API server",
      labelNames: ["method", "resource", "code"],
      registers,
    }),
    edgeRequests: new Counter({
      name: "ebb_edge_requests_total",
      help: "Calls of the APIs of edges outside of the cluster",
      labelNames: ["edge", "method", "code"],
      registers,
    }),
    functions: new Gauge({
      name: "ebb_functions",
      help: "EdgeFunctions by phase",
      labelNames: ["phase"],
      registers,
      collect() {
        this.reset();
        for (const phase of phases()) this.inc({ phase });
      },
    }),
    transitions: new Counter({
      name: "ebb_condition_transitions_total",
      help: "Changes of a condition",
      labelNames: ["type", "status", "reason"],
      registers,
    }),
    leader: new Gauge({
      name: "leader_election_master_status",
      help: "1 while this process leads",
      registers,
    }),
  };
}
