/** Puts the parts of the EndpointSlice switch together. */
import type { Logger } from "pino";
import type { Clock } from "../api/clock.ts";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { NetworkPolicySettings } from "../kube/network-rules.ts";
import type { Deployment, Pod, Service } from "../kube/objects.ts";
import type { KubeObject } from "../kube/resource.ts";
import type { Store } from "../kube/store.ts";
import { EndpointSliceSwitch } from "./endpoint-slice/endpoint-slice-switch.ts";
import { type Gateway, Gateways } from "./endpoint-slice/gateways.ts";
import { GoneFunctions } from "./endpoint-slice/gone-functions.ts";
import { LivingFunctions } from "./endpoint-slice/living-functions.ts";
import { SliceLoop, type SliceStore } from "./endpoint-slice/slice-loop.ts";
import { ConfigReader } from "./gateway/config-reader.ts";
import { Confirmation } from "./gateway/confirm.ts";
import { GatewayKeeper } from "./gateway/gateway-objects.ts";
import { GatewayUpkeep } from "./gateway/gateway-upkeep.ts";
import { type OpsClient, opsClient } from "./gateway/ops-client.ts";
import { GatewayWriter } from "./gateway/writer.ts";
import type { TrafficSwitch } from "./switch.ts";

export interface EndpointSliceTrafficDeps {
  readonly client: KubeClient;
  readonly stores: {
    readonly pods: Store<Pod>;
    readonly endpointSlices: SliceStore;
    readonly services: Store<Service>;
    readonly deployments: Store<Deployment>;
    readonly edgeFunctions: Store<EdgeFunction>;
    /** Metadata is enough; without it every call reads the gateway's ConfigMap. */
    readonly configMaps?: Store<KubeObject>;
  };
  readonly clock: Clock;
  readonly log: Logger;
  readonly gatewayImage: string;
  /** Without them gateways have no NetworkPolicy. */
  readonly networkPolicies?: NetworkPolicySettings | undefined;
  /** Reads gateway pods; by default over HTTP at their ops port. */
  readonly ops?: OpsClient;
}

export interface EndpointSliceTraffic {
  readonly trafficSwitch: TrafficSwitch;
  readonly sliceLoop: Pick<SliceLoop, "reconcile">;
}

export function createEndpointSliceTraffic(deps: EndpointSliceTrafficDeps): EndpointSliceTraffic {
  const { client, stores } = deps;
  const living = new LivingFunctions({ client, edgeFunctions: stores.edgeFunctions });
  const gateways = new Gateways({ stores, make: (gateway) => createGateway(deps, gateway, living) });
  return { trafficSwitch: gateways, sliceLoop: gateways };
}

/** The parts for the gateways of one name. */
function createGateway(deps: EndpointSliceTrafficDeps, gateway: string, living: LivingFunctions): Gateway {
  const { client, stores, clock, log } = deps;
  const reader = new ConfigReader({ client, configMaps: stores.configMaps, gateway });
  const ops = deps.ops ?? opsClient();
  const confirmation = new Confirmation({ client, pods: stores.pods, ops, clock, log, gateway });
  const written = (namespace: string): Promise<void> => confirmation.touchAll(namespace);
  const writer = new GatewayWriter({ client, reader, clock, log, gateway, written });
  const keeper = new GatewayKeeper({
    client,
    deployments: stores.deployments,
    reader,
    image: deps.gatewayImage,
    networkPolicies: deps.networkPolicies,
    log,
    gateway,
  });
  const upkeep = new GatewayUpkeep({
    reader,
    writer,
    keeper,
    isAlive: (namespace, { name, uid }) => living.has({ namespace, name, uid }),
    log,
  });
  const detaching = { client, stores, reader, writer, keeper, upkeep, confirmation, clock, log, gateway };
  const gone = new GoneFunctions({ ...detaching, living });
  const slices = new SliceLoop({ ...detaching, living, gone });
  return { reader, sliceLoop: slices, trafficSwitch: new EndpointSliceSwitch({ ...detaching, slices }) };
}
