/** A loop over keys that changed, in later turns of the event loop, one pass at a time. */
import { ApiFailure } from "../fake-apiserver/api-failure.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Change } from "../fake-apiserver/storage.ts";

export interface ControllerOptions {
  readonly server: FakeApiServer;
  /** Keys that a change concerns. */
  readonly keysOf: (change: Change) => readonly string[];
  /** Brings the world of one key closer to what it should be; called again after each change that concerns it. */
  readonly reconcile: (key: string) => void;
}

/** Starts the loop; returns the way to stop it. An API failure ends the pass: the next change starts another. */
export function startController({ server, keysOf, reconcile }: ControllerOptions): () => void {
  const pending = new Set<string>();
  let running = true;
  const run = (): void => {
    const keys = [...pending];
    pending.clear();
    for (const key of keys) {
      if (running) attempt(key, reconcile);
    }
  };
  const unsubscribe = server.onChange((change) => {
    const keys = keysOf(change);
    if (keys.length > 0 && pending.size === 0) setImmediate(run);
    for (const key of keys) pending.add(key);
  });
  return () => {
    running = false;
    unsubscribe();
  };
}

function attempt(key: string, reconcile: (key: string) => void): void {
  try {
    reconcile(key);
  } catch (error) {
    // Such as a namespace that began to terminate meanwhile.
    if (!(error instanceof ApiFailure)) throw error;
  }
}

/** `namespace/name` of a change's object. */
export function keyOf({ object }: Change): string {
  return `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

export function refOf(key: string): { namespace: string; name: string } {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}
