/** KubeClient over HTTP: raw JSON both ways, so that no field that this version does not know is lost. */
import type { ApiCaller, ApiCall } from "./api-caller.ts";
import { ApiError, isNotFound } from "./api-error.ts";
import type {
  DeleteOptions,
  JsonPatchOperation,
  KubeClient,
  ListOptions,
  Subresource,
} from "./kube-client.ts";
import { parseList, parseObject } from "./parse-object.ts";
import { apiVersionOf, type KubeObject, type Ref, type Resource } from "./resource.ts";
import { collectionPath, objectPath } from "./resource-path.ts";

export interface HttpKubeClientOptions {
  readonly caller: ApiCaller;
  /** Milliseconds a call may take, waits for Retry-After included; 30 s unless given. */
  readonly timeoutMs?: number;
  /** Each of them closes the client. */
  readonly fences?: readonly AbortSignal[];
}

const fieldManager = "ebb";
const pageSize = "500";

/**
 * Guarantees: as KubeClient. Only GET is repeated after a broken connection; every method after 429 with Retry-After.
 * Caveats: a request in flight when a fence closes is given up, but the server may have taken it.
 */
export class HttpKubeClient implements KubeClient {
  readonly #caller: ApiCaller;
  readonly #timeoutMs: number;
  readonly #fences: readonly AbortSignal[];

  constructor(options: HttpKubeClientOptions) {
    this.#caller = options.caller;
    this.#timeoutMs = options.timeoutMs ?? 30_000;
    this.#fences = options.fences ?? [];
  }

  /** A view that sends nothing once signal has aborted, and aborts what is in flight then. */
  fencedBy(signal: AbortSignal): HttpKubeClient {
    return this.#view({ fences: [...this.#fences, signal] });
  }

  /** A view with another time limit a call. */
  withTimeout(timeoutMs: number): HttpKubeClient {
    return this.#view({ timeoutMs });
  }

  async get<T extends KubeObject>(resource: Resource<T>, ref: Ref): Promise<T> {
    return await this.#object(resource, { method: "GET", path: objectPath(resource, ref) });
  }

  async find<T extends KubeObject>(resource: Resource<T>, ref: Ref): Promise<T | undefined> {
    try {
      return await this.get(resource, ref);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<T[]> {
    try {
      return await this.#pages(resource, options);
    } catch (error) {
      // The continue token grew older than the server's history: one fresh start.
      if (error instanceof ApiError && error.status === 410) return await this.#pages(resource, options);
      throw error;
    }
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T> {
    return await this.#object(resource, {
      method: "POST",
      path: collectionPath(resource, namespaceOf(resource, object)),
      query: { fieldManager },
      body: { type: "application/json", value: withKind(resource, object) },
    });
  }

  async apply<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T> {
    return await this.#object(resource, {
      method: "PATCH",
      path: objectPath(resource, object.metadata),
      query: { fieldManager, force: "true" },
      body: { type: "application/apply-patch+yaml", value: withKind(resource, object) },
    });
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    ref: Ref,
    patch: readonly JsonPatchOperation[],
    subresource?: Subresource,
  ): Promise<T> {
    return await this.#write(resource, ref, "application/json-patch+json", patch, subresource);
  }

  async merge<T extends KubeObject>(
    resource: Resource<T>,
    ref: Ref,
    body: unknown,
    subresource?: Subresource,
  ): Promise<T> {
    return await this.#write(resource, ref, "application/merge-patch+json", body, subresource);
  }

  async delete(resource: Resource, ref: Ref, options: DeleteOptions = {}): Promise<void> {
    const { propagationPolicy, ...preconditions } = options;
    const value = {
      apiVersion: "v1",
      kind: "DeleteOptions",
      ...(Object.keys(preconditions).length > 0 && { preconditions }),
      ...(propagationPolicy && { propagationPolicy }),
    };
    const path = objectPath(resource, ref);
    try {
      await this.#call({ method: "DELETE", path, body: { type: "application/json", value }, resource });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async #write<T extends KubeObject>(
    resource: Resource<T>,
    ref: Ref,
    type: string,
    value: unknown,
    subresource: Subresource | undefined,
  ): Promise<T> {
    return await this.#object(resource, {
      method: "PATCH",
      path: objectPath(resource, ref, subresource),
      query: { fieldManager },
      body: { type, value },
      ...(subresource && { subresource }),
    });
  }

  async #pages<T extends KubeObject>(resource: Resource<T>, options: ListOptions): Promise<T[]> {
    const path = collectionPath(resource, options.namespace);
    const { labelSelector, fieldSelector } = options;
    const items: T[] = [];
    let token: string | undefined;
    do {
      const query = { limit: pageSize, continue: token, labelSelector, fieldSelector };
      const page = parseList(resource, path, await this.#call({ method: "GET", path, query, resource }));
      items.push(...page.items);
      token = page.continue;
    } while (token !== undefined);
    return items;
  }

  async #object<T extends KubeObject>(resource: Resource<T>, call: Omit<ApiCall, "resource">): Promise<T> {
    return parseObject(resource, call.path, await this.#call({ ...call, resource }));
  }

  async #call(call: ApiCall): Promise<unknown> {
    return await this.#caller.json(call, { timeoutMs: this.#timeoutMs, fences: this.#fences });
  }

  #view(change: Partial<HttpKubeClientOptions>): HttpKubeClient {
    return new HttpKubeClient({
      caller: this.#caller,
      timeoutMs: this.#timeoutMs,
      fences: this.#fences,
      ...change,
    });
  }
}

function withKind<T extends KubeObject>(resource: Resource<T>, object: T): T {
  return { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind };
}

function namespaceOf(resource: Resource, object: KubeObject): string | undefined {
  if (resource.namespaced && object.metadata.namespace === undefined) {
    throw new TypeError(`${resource.kind} ${object.metadata.name} needs a namespace`);
  }
  return object.metadata.namespace;
}
