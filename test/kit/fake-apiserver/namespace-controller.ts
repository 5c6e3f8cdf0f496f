/** Empties namespaces that are being deleted and lets them go, as the namespace controller does. */
import type { StoredObject } from "./json.ts";
import type { Kind, KindIndex } from "./kind.ts";
import type { ObjectApi } from "./object-api.ts";
import type { Storage } from "./storage.ts";

const actor = { manager: "kube-controller-manager" };

export interface NamespaceControllerDeps {
  readonly storage: Storage;
  readonly kinds: KindIndex;
  readonly api: ObjectApi;
}

/** Starts the controller; returns the way to stop. */
export function startNamespaceController(deps: NamespaceControllerDeps): () => void {
  const namespaces = deps.kinds.byKind("v1", "Namespace");
  if (namespaces === undefined) throw new Error("the server has no kind Namespace");
  let running = true;
  const unsubscribe = deps.storage.subscribe(({ object }) => {
    const name = object.kind === "Namespace" ? object.metadata.name : object.metadata.namespace;
    const namespace = name === undefined ? undefined : deps.storage.get(namespaces, undefined, name);
    if (namespace?.metadata.deletionTimestamp === undefined) return;
    setImmediate(() => {
      if (running) empty(deps, namespaces, namespace.metadata.name);
    });
  });
  return () => {
    running = false;
    unsubscribe();
  };
}

function empty(deps: NamespaceControllerDeps, namespaces: Kind, name: string): void {
  if (deps.storage.get(namespaces, undefined, name) === undefined) return;
  for (const [kind, object] of contentOf(deps, name)) {
    if (object.metadata.deletionTimestamp === undefined) {
      deps.api.delete(kind, { namespace: name, name: object.metadata.name }, { actor });
    }
  }
  if (contentOf(deps, name).length > 0) return;
  deps.api.update(namespaces, { name }, withoutFinalizers, { actor, subresource: "finalize" });
}

function withoutFinalizers(namespace: StoredObject): StoredObject {
  return { ...namespace, spec: { finalizers: [] } };
}

function contentOf(deps: NamespaceControllerDeps, namespace: string): [Kind, StoredObject][] {
  return deps.kinds.all
    .filter(({ namespaced }) => namespaced)
    .flatMap((kind) =>
      deps.storage.list(kind, namespace).map((object): [Kind, StoredObject] => [kind, object]),
    );
}
