/** What an operator is made of, and what it registers in init. */
import type { KubeConfig } from "@kubernetes/client-node";
import type { Logger } from "pino";
import type { Clock } from "../api/clock.ts";
import type { KubeClient } from "./kube-client.ts";
import type { ListWatch, Scope } from "./list-watch.ts";
import type { ObjectEvent } from "./object-cache.ts";
import type { ReflectorHooks } from "./reflector.ts";
import type { KubeObject } from "./resource.ts";
import type { Handler, WorkerHooks } from "./run-workers.ts";
import type { WorkQueueHooks } from "./work-queue.ts";

export interface OperatorDeps {
  readonly kubeConfig: KubeConfig;
  readonly client: FenceableClient;
  readonly listWatch: ListWatch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly hooks?: OperatorHooks;
}

interface FenceableClient extends KubeClient {
  /** A view that sends nothing once signal has aborted. */
  fencedBy(signal: AbortSignal): KubeClient;
}

/** What metrics are told; name is a controller's. */
export interface OperatorHooks {
  readonly reflector?: ReflectorHooks;
  queue?(name: string): WorkQueueHooks;
  workers?(name: string): WorkerHooks;
}

export interface WatchOptions<T extends KubeObject> extends Scope {
  /** managedFields are dropped unless true. */
  readonly keepManagedFields?: boolean;
  /** What ReflectorOptions says of it. */
  readonly optional?: boolean;
  /** Called after the store has changed; it is to enqueue keys and to return. */
  readonly onEvent?: (event: ObjectEvent<T>) => void;
}

export interface Controller {
  /** Of its queue and workers, in metrics and logs. */
  readonly name: string;
  /** How many keys are worked on at once. */
  readonly workers: number;
  /** Makes the handler for one term of leading; client is fenced by that term. */
  readonly handler: (client: KubeClient) => Handler;
}
