/** What Ebb itself takes, and from how many services on it gives more than that. */
import { amountOf } from "../../operator/kube/quantity.ts";
import { type PodUsage, requestsOf, sumOf } from "../cluster/pod-usage.ts";
import { type Layout, servicePods, Town } from "../cluster/town.ts";
import type { Bench, Figure, Row } from "../row.ts";

interface Rest {
  readonly layouts: readonly Layout[];
  /** How long nothing happens while Ebb is measured. */
  readonly seconds: number;
  /** How long each few services are measured before they move. */
  readonly before: number;
}

/** What one service gives back when its pods go. */
const freed: PodUsage = {
  cores: (amountOf(servicePods.requests.cpu) ?? 0) * servicePods.replicas,
  memoryMiB: ((amountOf(servicePods.requests.memory) ?? 0) / 2 ** 20) * servicePods.replicas,
};

export const ownCost = ownCostRow({
  layouts: [
    { services: 1, namespaces: 1 },
    { services: 5, namespaces: 1 },
    { services: 20, namespaces: 1 },
    { services: 5, namespaces: 5 },
    { services: 20, namespaces: 5 },
  ],
  seconds: 60,
  before: 20,
});

function ownCostRow(rest: Rest): Row {
  return {
    name: "own-cost",
    title: `what Ebb takes beside what the services took that it has moved, at rest for ${rest.seconds} s`,
    measure: async (bench) => {
      const figures: Figure[] = [];
      for (const layout of rest.layouts) figures.push(...(await measureLayout(bench, layout, rest)));
      return figures;
    },
  };
}

async function measureLayout(bench: Bench, layout: Layout, rest: Rest): Promise<Figure[]> {
  const town = await Town.build(bench, layout);
  try {
    const before = await town.move(rest.before);
    const { ebb } = await town.usage(rest.seconds);
    return figures(layout, before, ebb, requestsOf(await town.pods()));
  } finally {
    await town.remove();
  }
}

/** requested is what all pods of Ebb ask for. */
function figures(
  { services: count, namespaces }: Layout,
  before: PodUsage,
  ebb: ReadonlyMap<string, PodUsage>,
  requested: PodUsage,
): Figure[] {
  const where = `${count} ${count === 1 ? "service" : "services"} in ${namespaces === 1 ? "one namespace" : "five namespaces"}`;
  const total = sumOf(ebb.values());
  const part = (name: string): PodUsage =>
    sumOf([...ebb].filter(([pod]) => pod.includes(`/${name}-`)).map(([, usage]) => usage));
  const parts = ["ebb-operator", "ebb-gateway", "ebb-pool"].map((name) => {
    const { cores, memoryMiB } = part(name);
    return `${name.slice(4)} ${Math.round(memoryMiB)} MiB ${(cores * 100).toFixed(1)} %`;
  });
  return [
    {
      what: `memory of Ebb with ${where} (${parts.join(", ")})`,
      value: total.memoryMiB,
      unit: "MiB",
      peer: { what: "the same as containers", value: before.memoryMiB },
    },
    {
      what: `processor of Ebb with ${where}`,
      value: total.cores * 100,
      unit: "% of a core",
      peer: { what: "the same as containers", value: before.cores * 100 },
    },
    {
      what: `memory requested by Ebb with ${where}`,
      value: requested.memoryMiB,
      unit: "MiB",
      peer: { what: "requests freed", value: freed.memoryMiB * count },
    },
    {
      what: `processor requested by Ebb with ${where}`,
      value: requested.cores,
      unit: "cores",
      peer: { what: "requests freed", value: freed.cores * count },
    },
    {
      what: `services that pay for Ebb in ${namespaces === 1 ? "one namespace" : "five namespaces"}, seen with ${count}`,
      value: breakEven(requested),
      unit: "",
    },
  ];
}

/** The least number of services whose freed requests, of both kinds, are not below those of Ebb. */
function breakEven(used: PodUsage): number {
  return Math.ceil(Math.max(used.cores / freed.cores, used.memoryMiB / freed.memoryMiB) - 1e-9);
}
