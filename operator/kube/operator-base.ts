/** The operator class that Ebb's own extends: @dot-i/k8s-operator's lifecycle, events and finalizer contract over our I/O. */
import dotI, { type ResourceEvent, ResourceEventType, type ResourceMeta } from "@dot-i/k8s-operator";
import { CoreV1Api } from "@kubernetes/client-node";
import { isNotFound } from "./api-error.ts";
import { abortable } from "./call-scope.ts";
import type { JsonPatchOperation, KubeClient } from "./kube-client.ts";
import type { ObservedStore } from "./object-cache.ts";
import type { Controller, OperatorDeps, WatchOptions } from "./operator-deps.ts";
import { addFinalizer, atVersion, removeFinalizer } from "./patches.ts";
import { Reflector } from "./reflector.ts";
import type { KubeObject, Ref, Resource } from "./resource.ts";
import { collectionPath } from "./resource-path.ts";
import {
  deliverEvents,
  fromLibraryObject,
  keyOf,
  metaOf,
  type OnResourceEvent,
  resourceOf,
} from "./resource-events.ts";
import { runWorkers } from "./run-workers.ts";
import { WorkQueue } from "./work-queue.ts";

/** The package is CommonJS: its default export is a property of what Node imports. */
const Operator = dotI.default;

interface Registered extends Controller {
  readonly queue: WorkQueue;
}

/**
 * The base's own I/O has no list before its watch, no retry, no time limits, swallows errors and ends the process; every
 * method of it that does I/O is overridden here. Nothing here ends the process.
 *
 * ```ts
 * class EbbOperator extends OperatorBase {
 *   protected override async init() {
 *     const queue = this.control({ name: "edgefunction", workers: 8, handler: (client) => reconcileWith(client, stores) });
 *     const stores = {
 *       functions: this.watch(edgeFunctions, { onEvent: (event) => queue.add(keyOf(event.object), priorityOf(event)) }),
 *       deployments: this.watch(deployments, { keepManagedFields: true, onEvent: (event) => enqueueOwner(queue, event) }),
 *     };
 *   }
 * }
 * await operator.start();                                  // calls init; caches fill on every replica
 * await operator.synced();
 * await elector.run({ signal: operator.stopping, onLeading: (lead) => operator.work(lead) });
 * await operator.stopped();                                // after stop()
 * ```
 */
export abstract class OperatorBase extends Operator {
  readonly #deps: OperatorDeps;
  readonly #stop = new AbortController();
  readonly #synced: Promise<void>[] = [];
  readonly #running: Promise<void>[] = [];
  readonly #controllers: Registered[] = [];
  #client: KubeClient;

  constructor(deps: OperatorDeps) {
    super({
      debug: (message) => deps.log.debug(message),
      info: (message) => deps.log.info(message),
      warn: (message) => deps.log.warn(message),
      error: (message) => deps.log.error(message),
    });
    this.#deps = deps;
    this.#client = deps.client;
    this.kubeConfig = deps.kubeConfig;
    this.k8sApi = deps.kubeConfig.makeApiClient(CoreV1Api);
  }

  /** Aborts when stop is called. */
  get stopping(): AbortSignal {
    return this.#stop.signal;
  }

  /** Resolves when the first list of every watched kind is in its store; rejects when the operator is stopped before. */
  async synced(): Promise<void> {
    await abortable(Promise.all(this.#synced), this.#stop.signal);
  }

  /**
   * One term of leading: runs the workers of every controller, with clients fenced by lead. Returns when stop was called
   * or lead has aborted, and no handler runs.
   */
  async work(lead: AbortSignal): Promise<void> {
    const { clock, log, hooks } = this.#deps;
    const client = this.#deps.client.fencedBy(lead);
    this.#client = client;
    const running = this.#controllers.map(({ name, workers, queue, handler }) => {
      const workerHooks = hooks?.workers?.(name);
      return runWorkers({
        queue,
        workers,
        handler: handler(client),
        stop: this.#stop.signal,
        fence: lead,
        clock,
        log: log.child({ controller: name }),
        ...(workerHooks && { hooks: workerHooks }),
      });
    });
    await Promise.all(running);
  }

  /** Resolves when, after stop, no watch is open any more. */
  async stopped(): Promise<void> {
    await Promise.all(this.#running);
  }

  /** Ends watches and workers; what handlers have begun they finish. */
  override stop(): void {
    this.#stop.abort(new Error("the operator is stopped"));
  }

  /** Fenced by the latest term of leading, unfenced before the first. */
  protected get client(): KubeClient {
    return this.#client;
  }

  /** Starts to watch a kind; the store fills in the background. Call it from init. */
  protected watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions<T> = {},
  ): ObservedStore<T> {
    const { keepManagedFields = false, optional = false, onEvent, ...scope } = options;
    const { listWatch, clock, log, hooks } = this.#deps;
    const reflector = new Reflector<T>({
      resource,
      listWatch,
      clock,
      log,
      scope,
      keepManagedFields,
      optional,
      ...(onEvent && { onEvent }),
      ...(hooks?.reflector && { hooks: hooks.reflector }),
    });
    this.#synced.push(reflector.synced);
    this.#running.push(reflector.run(this.#stop.signal));
    return reflector.store;
  }

  /** Registers a controller, whose workers run during work; the queue takes keys at once. Call it from init. */
  protected control(controller: Controller): WorkQueue {
    const hooks = this.#deps.hooks?.queue?.(controller.name);
    const queue = new WorkQueue({ clock: this.#deps.clock, ...(hooks && { hooks }) });
    this.#controllers.push({ ...controller, queue });
    return queue;
  }

  /**
   * As the base says, with these differences: events begin with a list and go on through every failure, onEvent is called
   * while work runs, one call a key at a time, and again with backoff when it throws.
   */
  protected override watchResource(
    group: string,
    version: string,
    plural: string,
    onEvent: OnResourceEvent,
    namespace?: string,
  ): Promise<void> {
    const resource = { group, version, plural, kind: "", namespaced: namespace !== undefined };
    const store = this.watch<KubeObject>(resource, {
      ...(namespace !== undefined && { namespace }),
      onEvent: (event) => queue.add(keyOf(event.object), event.initial ? "resync" : "change"),
    });
    const deliver = deliverEvents(plural, store, onEvent);
    const name = collectionPath(resource, namespace);
    const queue = this.control({ name, workers: 1, handler: () => deliver });
    return Promise.resolve();
  }

  /** Replaces the status; unlike the base it throws when the server refuses, with 409 when meta's version is not the latest. */
  protected override async setResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    const operations: JsonPatchOperation[] = [
      atVersion(meta.resourceVersion),
      { op: "add", path: "/status", value: status },
    ];
    return this.#metaOf(meta, await this.client.patch(resourceOf(meta), refOf(meta), operations, "status"));
  }

  /** Merges into the status; unlike the base it throws when the server refuses, with 409 when meta's version is not the latest. */
  protected override async patchResourceStatus(
    meta: ResourceMeta,
    status: unknown,
  ): Promise<ResourceMeta | null> {
    const body = { metadata: { resourceVersion: meta.resourceVersion }, status };
    return this.#metaOf(meta, await this.client.merge(resourceOf(meta), refOf(meta), body, "status"));
  }

  /**
   * The base's contract: true when nothing is left to do for this event. Unlike the base it throws when the server does
   * not take the finalizer's addition or removal, and touches no other finalizer.
   */
  protected override async handleResourceFinalizer(
    event: ResourceEvent,
    finalizer: string,
    deleteAction: OnResourceEvent,
  ): Promise<boolean> {
    if (event.type !== ResourceEventType.Added && event.type !== ResourceEventType.Modified) return false;
    const object = fromLibraryObject(event);
    const present = object.metadata.finalizers?.includes(finalizer) ?? false;
    if (object.metadata.deletionTimestamp === undefined) {
      if (present) return false;
      await this.#patch(event.meta, addFinalizer(object, finalizer));
      return true;
    }
    if (present) {
      await deleteAction(event);
      await this.#patch(event.meta, removeFinalizer(object, finalizer), isNotFound);
    }
    return true;
  }

  /** Replaces the finalizers; unlike the base it throws when the server refuses, with 409 when meta's version is not the latest. */
  protected override async setResourceFinalizers(meta: ResourceMeta, finalizers: string[]): Promise<void> {
    await this.#patch(meta, [
      atVersion(meta.resourceVersion),
      { op: "add", path: "/metadata/finalizers", value: finalizers },
    ]);
  }

  /** The base builds it from a field that client-node no longer has. */
  protected override getCustomResourceApiUri(
    group: string,
    version: string,
    plural: string,
    namespace?: string,
  ): string {
    const server = this.kubeConfig.getCurrentCluster()?.server ?? "";
    return server + collectionPath({ group, version, plural, kind: "", namespaced: true }, namespace);
  }

  /** Throws: the chart brings the definitions, and the operator's account may not write them. */
  protected override registerCustomResourceDefinition(): Promise<never> {
    return Promise.reject(new Error("custom resource definitions are installed by the chart"));
  }

  /** Throws: every request goes through client, which pools connections and is fenced. */
  protected override applyAxiosKubeConfigAuth(): Promise<never> {
    return Promise.reject(new Error("requests go through the operator's client"));
  }

  /** Throws: every request goes through client, which pools connections and is fenced. */
  protected override applyGaxiosKubeConfigAuth(): Promise<never> {
    return Promise.reject(new Error("requests go through the operator's client"));
  }

  async #patch(
    meta: ResourceMeta,
    operations: readonly JsonPatchOperation[],
    isDone: (error: unknown) => boolean = () => false,
  ): Promise<void> {
    try {
      await this.client.patch(resourceOf(meta), refOf(meta), operations);
    } catch (error) {
      if (!isDone(error)) throw error;
    }
  }

  #metaOf(former: ResourceMeta, object: KubeObject): ResourceMeta {
    return metaOf(resourceOf(former).plural, object);
  }
}

function refOf(meta: ResourceMeta): Ref {
  return { name: meta.name, ...(meta.namespace !== undefined && { namespace: meta.namespace }) };
}
