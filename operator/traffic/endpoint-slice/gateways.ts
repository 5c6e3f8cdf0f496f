/** All gateways of a namespace as one switch and one loop: each function is sent to the gateway that it has. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, type Outcome } from "../../api/outcome.ts";
import { gatewayName, gatewayNames, labels } from "../../api/v1alpha1/names.ts";
import type { EdgeFunction } from "../../kube/edge-objects.ts";
import type { Deployment, EndpointSlice, Pod } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { KubeObject } from "../../kube/resource.ts";
import type { Store } from "../../kube/store.ts";
import type { ConfigReader } from "../gateway/config-reader.ts";
import type { RoutedFunction, TrafficState, TrafficSwitch, Weight } from "../switch.ts";
import type { SliceLoop } from "./slice-loop.ts";
import { gatewayOf, isEbbSlice } from "./slices.ts";

/** The parts that look after the gateways of one name, in all namespaces. */
export interface Gateway {
  readonly reader: ConfigReader;
  readonly trafficSwitch: TrafficSwitch;
  readonly sliceLoop: Pick<SliceLoop, "reconcile">;
}

export interface GatewaysDeps {
  readonly stores: {
    readonly pods: Store<Pod>;
    readonly endpointSlices: Store<EndpointSlice>;
    readonly deployments: Store<Deployment>;
    readonly edgeFunctions: Store<EdgeFunction>;
    readonly configMaps?: Store<KubeObject>;
  };
  readonly make: (gateway: string) => Gateway;
}

/**
 * Guarantees: a function that has an entry stays with the gateway that holds it, also when its status was lost; otherwise
 * it goes to the gateway that its status, or its route, names.
 */
export class Gateways implements TrafficSwitch {
  readonly #deps: GatewaysDeps;
  readonly #gateways = new Map<string, Gateway>();

  constructor(deps: GatewaysDeps) {
    this.#deps = deps;
  }

  async attach(fn: RoutedFunction): Promise<Outcome> {
    return (await this.#switchOf(fn.identity, fn.gateway.name)).attach(fn);
  }

  async shift(fn: RoutedFunction, weight: Weight): Promise<Outcome> {
    return (await this.#switchOf(fn.identity, fn.gateway.name)).shift(fn, weight);
  }

  async observe(fn: FunctionIdentity, serviceName: string): Promise<TrafficState> {
    return (await this.#switchOf(fn)).observe(fn, serviceName);
  }

  async detach(fn: FunctionIdentity, drainSeconds: number): Promise<Outcome> {
    return (await this.#switchOf(fn)).detach(fn, drainSeconds);
  }

  /** Done when it is for every gateway of namespace; what one waits for does not hold up the others. */
  async reconcile(namespace: string): Promise<Outcome> {
    const outcomes: Outcome[] = [];
    for (const name of this.#namesIn(namespace)) {
      outcomes.push(await this.#gateway(name).sliceLoop.reconcile(namespace));
    }
    return outcomes.find((outcome) => !outcome.done) ?? done;
  }

  async #switchOf(fn: FunctionIdentity, wanted?: string): Promise<TrafficSwitch> {
    const { namespace, key, name } = fn;
    const told = wanted ?? this.#deps.stores.edgeFunctions.get(namespace, name)?.status?.gateway?.name;
    const first = told ?? gatewayName;
    const names = [first, ...this.#namesIn(namespace).filter((each) => each !== first)];
    for (const each of names) {
      const { reader, trafficSwitch } = this.#gateway(each);
      if (!reader.mayHave(namespace)) continue;
      const holds = (await reader.read(namespace))?.entries.some((entry) => entry.key === key) === true;
      if (holds || reader.lost(namespace).some((entry) => entry.key === key)) return trafficSwitch;
    }
    return this.#gateway(first).trafficSwitch;
  }

  #gateway(name: string): Gateway {
    const known = this.#gateways.get(name) ?? this.#deps.make(name);
    this.#gateways.set(name, known);
    return known;
  }

  /** The gateways of which anything is known in namespace. */
  #namesIn(namespace: string): string[] {
    const { configMaps, deployments, edgeFunctions, endpointSlices, pods } = this.#deps.stores;
    const objects: readonly KubeObject[] = [
      ...deployments.list(namespace),
      ...(configMaps?.list(namespace) ?? []),
    ].filter((object) => isOurs(object));
    const names = new Set<string | undefined>([
      gatewayName,
      ...objects.map(({ metadata }) => metadata.name),
      ...pods.list(namespace).map(({ metadata }) => metadata.labels?.[labels.name]),
      ...edgeFunctions.list(namespace).map(({ status }) => status?.gateway?.name),
      ...endpointSlices.list(namespace).filter(isEbbSlice).map(gatewayOf),
    ]);
    return gatewayNames.filter((name) => names.has(name));
  }
}
