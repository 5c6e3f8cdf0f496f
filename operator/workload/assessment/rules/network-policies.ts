/** NetworkPolicies that keep the gateway or the pool from their work. */
import { ports } from "../../../api/v1alpha1/names.ts";
import { isOurs } from "../../../kube/ours.ts";
import { type Fact, fact } from "../finding.ts";
import { containersOf, type OwnPods, podPortOf, type Surroundings, titleOf } from "../surroundings.ts";
import { closedBy, type Peer, type Way } from "./policy-ways.ts";

type NamedWay = Way & { readonly what: string };

/** One finding for each policy that closes ways. */
export function networkPolicies(seen: Surroundings): Fact[] {
  const closed = new Map<string, string[]>();
  for (const way of waysOf(seen)) {
    const policy = closedBy(way, seen.networkPolicies);
    if (policy !== undefined) closed.set(policy, [...(closed.get(policy) ?? []), way.what]);
  }
  return [...closed].map(([policy, ways]) =>
    fact(
      "NetworkPolicy",
      `NetworkPolicy/${policy} .spec.podSelector`,
      `NetworkPolicy "${policy}" keeps ${[...new Set(ways)].join(", ")}.`,
    ),
  );
}

function waysOf(seen: Surroundings): NamedWay[] {
  const { pool } = seen;
  const toEdge = pool === undefined ? toPublicEdge(seen) : toPool(seen, pool);
  const all = [...toGateway(seen), ...toEdge, ...toWorkload(seen)];
  // Those that Ebb makes open the ways of its own pods, once these are there.
  return seen.operator.makesPolicies
    ? all.filter(({ labels }) => !isOurs({ metadata: { name: "", labels } }))
    : all;
}

const tcp = { protocol: "TCP" } as const;

function here(seen: Surroundings, labels: Readonly<Record<string, string>>): Peer {
  return { labels, namespace: seen.namespace, isElsewhere: false };
}

function operatorOf({ operator, deployment }: Surroundings): Peer {
  const isElsewhere = operator.namespace?.metadata.name !== deployment.metadata.namespace;
  return { labels: operator.labels, namespace: operator.namespace, isElsewhere };
}

function toGateway(seen: Surroundings): NamedWay[] {
  const { labels } = seen.gateway;
  const dns = { direction: "Egress", labels, peer: "elsewhere", port: 53 } as const;
  return [
    {
      ...tcp,
      direction: "Ingress",
      labels,
      peer: "anybody",
      port: ports.firstFunction,
      what: `callers from the gateway (ports from ${ports.firstFunction})`,
    },
    {
      ...tcp,
      direction: "Ingress",
      labels,
      peer: operatorOf(seen),
      port: ports.gatewayOps,
      portName: "ops",
      what: `the operator from the gateway (port ${ports.gatewayOps})`,
    },
    { ...dns, protocol: "UDP", what: "the gateway from DNS (port 53)" },
  ];
}

function toPublicEdge({ gateway: { labels } }: Surroundings): NamedWay[] {
  const what = "the gateway from the edge (port 443)";
  return [{ ...tcp, direction: "Egress", labels, peer: "internet", port: 443, what }];
}

function toPool(seen: Surroundings, pool: OwnPods): NamedWay[] {
  const { gateway } = seen;
  const http = {
    ...tcp,
    port: ports.poolHttp,
    portName: "http",
    what: `the gateway from the pool (port ${ports.poolHttp})`,
  };
  return [
    { ...http, direction: "Egress", labels: gateway.labels, peer: here(seen, pool.labels) },
    { ...http, direction: "Ingress", labels: pool.labels, peer: here(seen, gateway.labels) },
    {
      ...tcp,
      direction: "Ingress",
      labels: pool.labels,
      peer: operatorOf(seen),
      port: ports.poolAdmin,
      portName: "admin",
      what: `the operator from the pool (port ${ports.poolAdmin})`,
    },
  ];
}

function toWorkload(seen: Surroundings): NamedWay[] {
  const labels = seen.deployment.spec.template.metadata?.labels ?? {};
  const port = podPortOf(seen);
  const names = containersOf(seen).flatMap(({ container }) => container.ports ?? []);
  const portName = names.find(({ containerPort }) => containerPort === port)?.name;
  const way = {
    ...tcp,
    port,
    ...(portName === undefined ? {} : { portName }),
    what: `the gateway from ${titleOf(seen)}${port === undefined ? "" : ` (port ${port})`}`,
  };
  return [
    { ...way, direction: "Egress", labels: seen.gateway.labels, peer: here(seen, labels) },
    { ...way, direction: "Ingress", labels, peer: here(seen, seen.gateway.labels) },
  ];
}
