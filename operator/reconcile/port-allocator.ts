/** Gives each function of a namespace a gateway and its own port there. */
import { gatewayNames, ports } from "../api/v1alpha1/names.ts";
import { mostFunctions } from "../traffic/gateway/render-config.ts";

/** As in status.gateway. */
export interface GatewayPlace {
  readonly name: string;
  readonly port: number;
}

export interface PortAllocator {
  /**
   * The first gateway that has room, and the smallest port from 20000 up that is free in the namespace; undefined when
   * all gateways are full. taken are the places in the status of the namespace's other functions, alive the uids of all
   * of them; a place given out and not yet in a status stays reserved while its uid is alive.
   */
  allocate(
    namespace: string,
    uid: string,
    taken: readonly GatewayPlace[],
    alive: ReadonlySet<string>,
  ): GatewayPlace | undefined;
}

/** most is how many functions a gateway holds. */
export function createPortAllocator(most: number = mostFunctions): PortAllocator {
  const reserved = new Map<string, Map<string, GatewayPlace>>();
  return {
    allocate(namespace, uid, taken, alive) {
      const ofNamespace = reserved.get(namespace) ?? new Map<string, GatewayPlace>();
      reserved.set(namespace, ofNamespace);
      for (const other of ofNamespace.keys()) if (!alive.has(other)) ofNamespace.delete(other);
      ofNamespace.delete(uid);
      // A reservation is in a status as well once that has been written.
      const used = new Map([...taken, ...ofNamespace.values()].map((place) => [place.port, place]));
      const name = gatewayNames.find((each) => held(used, each) < most);
      if (name === undefined) return undefined;
      let port: number = ports.firstFunction;
      while (used.has(port)) port++;
      const place = { name, port };
      ofNamespace.set(uid, place);
      return place;
    },
  };
}

function held(used: ReadonlyMap<number, GatewayPlace>, gateway: string): number {
  return [...used.values()].filter(({ name }) => name === gateway).length;
}
