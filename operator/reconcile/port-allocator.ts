/** Gives each function of a namespace its own port on the gateway. */
import { ports } from "../api/v1alpha1/names.ts";

export interface PortAllocator {
  /**
   * The smallest free port from 20000 up. taken are the ports in the status of the namespace's other functions,
   * alive the uids of all of them; a port given out and not yet in a status stays reserved while its uid is alive.
   */
  allocate(namespace: string, uid: string, taken: readonly number[], alive: ReadonlySet<string>): number;
}

export function createPortAllocator(): PortAllocator {
  const reserved = new Map<string, Map<string, number>>();
  return {
    allocate(namespace, uid, taken, alive) {
      const ofNamespace = reserved.get(namespace) ?? new Map<string, number>();
      reserved.set(namespace, ofNamespace);
      for (const other of ofNamespace.keys()) if (!alive.has(other)) ofNamespace.delete(other);
      ofNamespace.delete(uid);
      const used = new Set([...taken, ...ofNamespace.values()]);
      let port: number = ports.firstFunction;
      while (used.has(port)) port++;
      ofNamespace.set(uid, port);
      return port;
    },
  };
}
