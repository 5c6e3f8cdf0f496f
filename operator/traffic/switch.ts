/** The interface of every way to move a Service's traffic between the workload and the edge. */
import type { FunctionIdentity } from "../api/function-identity.ts";
import type { Outcome } from "../api/outcome.ts";
import type { Upstream } from "../api/upstream.ts";

/** Share of requests that goes to the edge, 0 to 100. */
export type Weight = number;

/** The Service port that moves. */
interface RoutedService {
  readonly name: string;
  readonly selector: Readonly<Record<string, string>>;
  readonly port: {
    readonly name: string;
    readonly number: number;
    readonly targetPort: number | string;
    readonly appProtocol?: string;
  };
  readonly ipFamilies: readonly ("IPv4" | "IPv6")[];
}

/** All that a switch needs to know of one function. */
export interface RoutedFunction {
  readonly identity: FunctionIdentity;
  readonly service: RoutedService;
  /** The gateway and the function's own port on it, allocated once. */
  readonly gateway: { readonly name: string; readonly port: number };
  readonly upstream: Upstream;
  /**
   * Set for a function that is attached as far as its status tells: the weight that was confirmed. When the gateway does
   * not know the function any more, slices lead to it all the same, so it serves at once and with this weight.
   */
  readonly restoreWeight?: Weight;
}

/** What the switch sees of one function now. */
export interface TrafficState {
  /** Configured share, undefined when the function is not attached. */
  readonly weight: Weight | undefined;
  /** Share that every ready gateway pod has confirmed, undefined while they differ. */
  readonly confirmedWeight: Weight | undefined;
  /** True share of requests that reach the edge, 0 to 100, counting the workload's own ready endpoints. */
  readonly edgePercent: number;
}

/**
 * Guarantees: every call is idempotent, makes at most one destructive effect (raise a weight to 100, remove a slice,
 * listener or cluster) and reports done only for what every ready gateway pod has confirmed. Only objects with Ebb's
 * ownership mark are written.
 */
export interface TrafficSwitch {
  /** Done when the whole path exists at weight 0, or at the weight that was set before, and is in the Service's slices. */
  attach(fn: RoutedFunction): Promise<Outcome>;
  /**
   * Done when every ready gateway pod has confirmed weight and fn's upstream. Requires for weight 0: the workload is ready.
   * Then pods that have not confirmed for 120 seconds are passed over with a warning in the log, so that nothing but the
   * API server can hold up the way back.
   */
  shift(fn: RoutedFunction, weight: Weight): Promise<Outcome>;
  /** What is configured and confirmed now. */
  observe(fn: FunctionIdentity, serviceName: string): Promise<TrafficState>;
  /** Done when no slice, listener, cluster or object of fn is left; drainSeconds between each. */
  detach(fn: FunctionIdentity, drainSeconds: number): Promise<Outcome>;
}
