/** Keeps a cache equal to the API server's objects of one kind: list, watch, and list again when the watch cannot go on. */
import type { Logger } from "pino";
import type { Clock } from "../api/clock.ts";
import { ApiError } from "./api-error.ts";
import { type Backoff, exponentialBackoff } from "./backoff.ts";
import type { ListWatch, Scope, WatchEvent } from "./list-watch.ts";
import { ObjectCache, type ObjectEvent, type ObservedStore } from "./object-cache.ts";
import type { KubeObject, Resource } from "./resource.ts";

/** What a reflector tells metrics; resource is the plural. */
export interface ReflectorHooks {
  onList?(resource: string, items: number, seconds: number): void;
  onWatch?(resource: string): void;
  onEvent?(resource: string, type: ObjectEvent<KubeObject>["type"]): void;
  onFailure?(resource: string, error: unknown): void;
}

export interface ReflectorOptions<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly listWatch: ListWatch;
  readonly clock: Clock;
  readonly log: Logger;
  readonly scope?: Scope;
  /** managedFields are dropped unless true. */
  readonly keepManagedFields?: boolean;
  /** A server that refuses the list (403), or does not know the kind (404), counts as one that has been read; it is asked again. */
  readonly optional?: boolean;
  /** Called after the store has changed; what it throws is logged. */
  readonly onEvent?: (event: ObjectEvent<T>) => void;
  readonly hooks?: ReflectorHooks;
  /** Milliseconds without a byte after which a watch is taken for dead; bookmarks come about each minute. 90 s unless given. */
  readonly inactivityMs?: number;
  /** In [0, 1), for jitter. */
  readonly random?: () => number;
}

/** After so many failures in a row the version itself may be the cause, as one of a server restored from a backup. */
const failuresUntilList = 3;

/** A watch that lived this long ended for reasons of its own: the delay starts small again. */
const steadyMs = 60_000;

/**
 * Guarantees: events and store follow the server's order for each object; what happened while no watch was open is
 * delivered by the difference of two lists; run ends only by its signal.
 */
export class Reflector<T extends KubeObject> {
  readonly resource: Resource<T>;
  readonly store: ObservedStore<T>;
  /** Resolves when the first list is in the store and its events have been delivered. */
  readonly synced: Promise<void>;
  readonly #options: ReflectorOptions<T>;
  readonly #cache: ObjectCache<T>;
  readonly #backoff: Backoff;
  readonly #markSynced: () => void;
  #mustList = true;
  #failures = 0;
  #isRefusalTold = false;

  constructor(options: ReflectorOptions<T>) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.resource = options.resource;
    this.synced = promise;
    this.#markSynced = resolve;
    this.#options = options;
    this.#backoff = exponentialBackoff(800, 30_000, options.random ?? Math.random);
    this.#cache = new ObjectCache(trimmer(options));
    this.store = this.#cache;
  }

  /** Returns when signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      const started = clock.now();
      try {
        const listed = this.#mustList;
        if (listed) await this.#list(signal);
        const delay = await this.#watchOnce(listed, signal);
        if (clock.now() - started >= steadyMs) this.#backoff.reset();
        if (delay) await clock.sleep(this.#backoff.next(), signal);
      } catch (error) {
        if (signal.aborted) return;
        if (clock.now() - started >= steadyMs) this.#backoff.reset();
        await this.#pause(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { resource, listWatch, scope = {}, clock, hooks } = this.#options;
    const started = clock.now();
    const items: T[] = [];
    let token: string | undefined;
    let version = "";
    do {
      const page = await listWatch.page(resource, scope, token, signal);
      for (const item of page.items) items.push(item);
      version = page.resourceVersion;
      token = page.continue;
    } while (token !== undefined);
    for (const event of this.#cache.replace(items, version)) this.#emit(event);
    this.#mustList = false;
    this.#markSynced();
    hooks?.onList?.(resource.plural, items.length, (clock.now() - started) / 1000);
  }

  /** Whether to wait before the next watch: not when this one lived and was ended by the server in order. */
  async #watchOnce(justListed: boolean, signal: AbortSignal): Promise<boolean> {
    const { resource, listWatch, scope = {}, hooks, clock, random = Math.random } = this.#options;
    const started = clock.now();
    hooks?.onWatch?.(resource.plural);
    const start = {
      resourceVersion: this.#cache.version,
      timeoutSeconds: 240 + Math.floor(random() * 91),
      inactivityMs: this.#options.inactivityMs ?? 90_000,
    };
    try {
      for await (const event of listWatch.watch(resource, scope, start, signal)) this.#take(event);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 410) throw error;
      this.#mustList = true;
      this.#options.log.info({ resource: resource.plural }, "the watch's version is too old, listing again");
      return justListed;
    }
    return clock.now() - started < 1000;
  }

  #take(event: WatchEvent<T>): void {
    this.#failures = 0;
    if (event.type === "BOOKMARK") {
      this.#cache.advance(event.resourceVersion);
      return;
    }
    const changes =
      event.type === "DELETED" ? this.#cache.remove(event.object) : this.#cache.upsert(event.object);
    for (const change of changes) this.#emit(change);
  }

  #emit(event: ObjectEvent<T>): void {
    const { resource, hooks, log, onEvent } = this.#options;
    hooks?.onEvent?.(resource.plural, event.type);
    try {
      onEvent?.(event);
    } catch (error) {
      const { namespace, name } = event.object.metadata;
      log.error({ err: error, resource: resource.plural, namespace, name }, "an event handler failed");
    }
  }

  async #pause(error: unknown, signal: AbortSignal): Promise<void> {
    const { resource, hooks, log, clock } = this.#options;
    hooks?.onFailure?.(resource.plural, error);
    this.#failures += 1;
    if (this.#failures % failuresUntilList === 0) this.#mustList = true;
    const asked = error instanceof ApiError ? (error.retryAfter ?? 0) * 1000 : 0;
    const delay = Math.max(this.#backoff.next(), asked);
    if (this.#isRefused(error)) this.#doWithout(error);
    else
      log.warn({ err: error, resource: resource.plural, delay: Math.round(delay) }, "list or watch failed");
    try {
      await clock.sleep(delay, signal);
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
  }

  #isRefused(error: unknown): boolean {
    return (
      this.#options.optional === true &&
      error instanceof ApiError &&
      (error.status === 403 || error.status === 404)
    );
  }

  /** Said once: it may stay so. */
  #doWithout(error: unknown): void {
    const { resource, log } = this.#options;
    this.#markSynced();
    if (!this.#isRefusalTold)
      log.info({ err: error, resource: resource.plural }, "going on without this kind");
    this.#isRefusalTold = true;
  }
}

function trimmer<T extends KubeObject>(options: ReflectorOptions<T>): (object: T) => T {
  if (options.keepManagedFields === true) return (object) => object;
  return (object) => {
    const { managedFields: _dropped, ...metadata } = object.metadata;
    return { ...object, metadata };
  };
}
