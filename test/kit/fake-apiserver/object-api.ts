/** Create, update and delete with the semantics of the real API server, over the storage. */
import type { Ref } from "../../../operator/kube/resource.ts";
import * as failure from "./api-failure.ts";
import { admitCreate } from "./admission.ts";
import { equalJson, withMetadata, type StoredObject } from "./json.ts";
import type { Kind } from "./kind.ts";
import { ownedAfterUpdate, type Writer } from "./managed-fields.ts";
import {
  checkFinalizers,
  checkIdentity,
  checkPreconditions,
  deletionFinalizers,
  fixedMetadata,
  graceOf,
  isHeld,
  nextGeneration,
  scopedTo,
  withoutEmptyMetadata,
  withoutStatus,
} from "./object-rules.ts";
import type { Actor, Storage } from "./storage.ts";

export interface WriteOptions {
  readonly actor: Actor;
  readonly dryRun?: boolean;
  /** Unknown fields are refused instead of dropped. */
  readonly strict?: boolean;
}

export interface UpdateOptions extends WriteOptions {
  /** The part that is written; the rest of the object stays. */
  readonly subresource?: "status" | "scale" | "finalize";
  /** The change already settled who owns what, as server-side apply does. */
  readonly ownersSettled?: boolean;
}

export interface DeleteOptions extends WriteOptions {
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly propagationPolicy?: string;
  readonly gracePeriodSeconds?: number;
}

export interface ObjectApiDeps {
  readonly storage: Storage;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** A new uid a call. */
  readonly uid: () => string;
}

/** Errors: every method throws ApiFailure. */
export class ObjectApi {
  readonly #deps: ObjectApiDeps;

  constructor(deps: ObjectApiDeps) {
    this.#deps = deps;
  }

  get(kind: Kind, ref: Ref): StoredObject {
    const found = this.#deps.storage.get(kind, ref.namespace, ref.name);
    if (found === undefined) throw failure.notFound(kind, ref.name);
    return found;
  }

  create(
    kind: Kind,
    namespace: string | undefined,
    given: StoredObject,
    options: WriteOptions,
  ): StoredObject {
    const { storage } = this.#deps;
    const named = this.#withIdentity(kind, namespace, given);
    admitCreate(storage, kind, named);
    const fresh = kind.subresources.includes("status") ? withoutStatus(named) : named;
    const normal = this.#normalized(kind, fresh, undefined, options);
    const counted = withMetadata(normal, { generation: kind.strategy.counted === undefined ? undefined : 1 });
    this.#validate(kind, counted, undefined);
    if (storage.get(kind, namespace, named.metadata.name) !== undefined) {
      throw failure.alreadyExists(kind, named.metadata.name);
    }
    const writer = this.writer(kind, options.actor, "Update");
    const settled = given.metadata.managedFields !== undefined;
    const owned = settled ? counted : ownedAfterUpdate(undefined, counted, kind.topology, writer);
    return options.dryRun === true ? owned : storage.commit("ADDED", kind, owned, options.actor);
  }

  /** change gets the live object and returns the wished one. */
  update(
    kind: Kind,
    ref: Ref,
    change: (live: StoredObject) => StoredObject,
    options: UpdateOptions,
  ): StoredObject {
    const live = this.get(kind, ref);
    const wished = change(live);
    checkIdentity(kind, live, wished);
    const scoped = withMetadata(scopedTo(kind, live, wished, options.subresource), fixedMetadata(live));
    const normal = this.#normalized(kind, scoped, live, options);
    checkFinalizers(kind, live, normal);
    const counted = withMetadata(normal, { generation: nextGeneration(kind, live, normal) });
    this.#validate(kind, counted, live);
    const writer = this.writer(kind, options.actor, "Update", options.subresource);
    const owned =
      options.ownersSettled === true ? counted : ownedAfterUpdate(live, counted, kind.topology, writer);
    if (equalJson(owned, live)) return live;
    return options.dryRun === true ? owned : this.#commitUpdate(kind, owned, options.actor);
  }

  /** Returns the object that still exists, marked for deletion, or undefined when it is gone. */
  delete(kind: Kind, ref: Ref, options: DeleteOptions): StoredObject | undefined {
    const live = this.get(kind, ref);
    checkPreconditions(kind, live, options);
    const grace = graceOf(kind, live, options);
    const finalizers = deletionFinalizers(live, options);
    if (options.dryRun === true) return live;
    if (finalizers.length === 0 && grace === 0 && kind.kind !== "Namespace") {
      this.#deps.storage.commit("DELETED", kind, live, options.actor);
      return undefined;
    }
    if (
      live.metadata.deletionTimestamp !== undefined &&
      equalJson(finalizers, live.metadata.finalizers ?? [])
    ) {
      return live;
    }
    return this.#deps.storage.commit("MODIFIED", kind, this.#marked(live, finalizers, grace), options.actor);
  }

  writer(kind: Kind, actor: Actor, operation: Writer["operation"], subresource?: string): Writer {
    const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
    return { manager: actor.manager, operation, subresource, apiVersion, time: this.#timestamp() };
  }

  #marked(live: StoredObject, finalizers: readonly string[], grace: number): StoredObject {
    const { generation } = live.metadata;
    const marked = withMetadata(live, {
      deletionTimestamp: live.metadata.deletionTimestamp ?? this.#timestamp(grace * 1000),
      deletionGracePeriodSeconds: grace,
      generation: generation === undefined ? undefined : generation + 1,
      finalizers: finalizers.length === 0 ? undefined : finalizers,
    });
    return live.kind === "Namespace" ? { ...marked, status: { phase: "Terminating" } } : marked;
  }

  #commitUpdate(kind: Kind, object: StoredObject, actor: Actor): StoredObject {
    const { deletionTimestamp, finalizers = [] } = object.metadata;
    const isLast = deletionTimestamp !== undefined && finalizers.length === 0 && !isHeld(kind, object);
    return this.#deps.storage.commit(isLast ? "DELETED" : "MODIFIED", kind, object, actor);
  }

  #withIdentity(kind: Kind, namespace: string | undefined, given: StoredObject): StoredObject {
    const { name, resourceVersion } = given.metadata;
    if (resourceVersion !== undefined && resourceVersion !== "") {
      throw failure.badRequest("resourceVersion should not be set on objects to be created");
    }
    const generateName: unknown = Reflect.get(given.metadata, "generateName");
    const uid = this.#deps.uid();
    const generated = typeof generateName === "string" ? `${generateName}${uid.slice(-5)}` : "";
    return withMetadata(given, {
      name: name === undefined || name === "" ? generated : name,
      namespace: kind.namespaced ? namespace : undefined,
      uid,
      creationTimestamp: this.#timestamp(),
      resourceVersion: undefined,
      deletionTimestamp: undefined,
      generation: undefined,
    });
  }

  #normalized(
    kind: Kind,
    object: StoredObject,
    before: StoredObject | undefined,
    options: WriteOptions,
  ): StoredObject {
    const { object: normal, unknown } = kind.strategy.normalize(object, before);
    if (options.strict === true && unknown.length > 0) {
      const fields = unknown.map((path) => `unknown field "${path}"`).join(", ");
      throw failure.badRequest(
        `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${fields}`,
      );
    }
    return withoutEmptyMetadata(normal);
  }

  #validate(kind: Kind, object: StoredObject, before: StoredObject | undefined): void {
    const causes = kind.strategy.validate(object, before);
    if (causes.length > 0) throw failure.invalid(kind, object.metadata.name, causes);
  }

  #timestamp(offset = 0): string {
    return new Date(this.#deps.now() + offset).toISOString().replace(/\.\d+Z$/, "Z");
  }
}
