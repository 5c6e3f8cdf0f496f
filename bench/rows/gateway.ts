/** What the gateway's hop costs a request, beside Traefik on the same one. */
import { percentile, rounded } from "../compare.ts";
import { fullLoad, steadyLoad } from "../load/run-load.ts";
import { type Hop, startHop } from "../proxies/hop.ts";
import type { Proxy } from "../proxies/proxy.ts";
import type { Bench, Figure, Row } from "../row.ts";

interface Effort {
  /** Seconds of one round. */
  readonly seconds: number;
  /** Rounds of each rate; in a round all take turns, so that what disturbs the machine disturbs all. */
  readonly rounds: number;
}

const rates = [100, 500, 1000];
const ways = ["direct", "gateway", "traefik"] as const;
type Way = (typeof ways)[number];

/** Of one way at one rate, all rounds together. */
interface Measured {
  /** Microseconds. */
  readonly times: number[];
  failed: number;
  requests: number;
  cpuSeconds: number;
  seconds: number;
}

export const gateway = gatewayRow({ seconds: 10, rounds: 5 });

function gatewayRow(effort: Effort): Row {
  return {
    name: "gateway",
    title: `latency and throughput of the gateway beside Traefik on the same hop, ${effort.rounds} rounds of ${effort.seconds} s`,
    measure: async (bench) => {
      const hop = await startHop();
      bench.defer(() => hop.stop());
      for (const way of ways) await steadyLoad(hop[way].url, 200, 2); // connections and caches are warm then
      const figures: Figure[] = [];
      for (const rate of rates) figures.push(...atRate(rate, await measureSteady(bench, hop, rate, effort)));
      return [...figures, ...flatOut(await measureFull(bench, hop, effort))];
    },
  };
}

async function measureSteady(
  bench: Bench,
  hop: Hop,
  rate: number,
  { seconds, rounds }: Effort,
): Promise<Map<Way, Measured>> {
  return inRounds(rounds, hop, async (way, proxy, measured) => {
    const { times, failed } = await steadyLoad(proxy.url, rate, seconds);
    for (const time of times) measured.times.push(time);
    measured.failed += failed;
    measured.requests += times.length;
    bench.log(
      `${way} at ${rate} a second: p50 ${percentile(times, 0.5)} µs, p99 ${percentile(times, 0.99)} µs`,
    );
  });
}

function measureFull(bench: Bench, hop: Hop, { seconds, rounds }: Effort): Promise<Map<Way, Measured>> {
  return inRounds(rounds, hop, async (way, proxy, measured) => {
    const requests = await fullLoad(proxy.url, seconds);
    measured.requests += requests;
    measured.seconds += seconds;
    bench.log(`${way} flat out: ${Math.round(requests / seconds)} requests a second`);
  });
}

async function inRounds(
  rounds: number,
  hop: Hop,
  round: (way: Way, proxy: Proxy, measured: Measured) => Promise<void>,
): Promise<Map<Way, Measured>> {
  const all = new Map<Way, Measured>();
  for (let done = 0; done < rounds; done++) {
    for (const way of ways) {
      const measured = all.get(way) ?? { times: [], failed: 0, requests: 0, cpuSeconds: 0, seconds: 0 };
      all.set(way, measured);
      const before = await hop[way].usage();
      await round(way, hop[way], measured);
      measured.cpuSeconds += (await hop[way].usage()).cpuSeconds - before.cpuSeconds;
    }
  }
  return all;
}

function atRate(rate: number, all: Map<Way, Measured>): Figure[] {
  const [direct, own, other] = [of(all, "direct"), of(all, "gateway"), of(all, "traefik")];
  const figures = (
    [
      ["p50", 0.5],
      ["p99", 0.99],
    ] as const
  ).map(([name, share]): Figure => {
    const [bare = 0, value = 0, traefik = 0] = [direct, own, other].map(
      ({ times }) => percentile(times, share) / 1000,
    );
    const says = `≤ Traefik; without a proxy ${rounded(bare)} ms`;
    return {
      ...besideTraefik(`latency at ${rate} a second, ${name}`, "ms", value, traefik),
      target: { atMost: traefik, says },
    };
  });
  const failed: Figure = {
    what: `failed at ${rate} a second`,
    value: own.failed,
    unit: "",
    peer: { what: "Traefik", value: other.failed },
  };
  return [
    ...figures,
    besideTraefik(`processor time a request at ${rate} a second`, "µs", costOf(own), costOf(other)),
    failed,
  ];
}

function flatOut(all: Map<Way, Measured>): Figure[] {
  const [own, other] = [of(all, "gateway"), of(all, "traefik")];
  const peer = { what: "Traefik", value: Math.round(other.requests / other.seconds) };
  return [
    { what: "flat out, requests a second", value: Math.round(own.requests / own.seconds), unit: "", peer },
    {
      what: "flat out, requests a second and core",
      value: Math.round(own.requests / own.cpuSeconds),
      unit: "",
      peer: { what: "Traefik", value: Math.round(other.requests / other.cpuSeconds) },
    },
  ];
}

function besideTraefik(what: string, unit: string, value: number, traefik: number): Figure {
  const target = { atMost: traefik, says: "≤ Traefik" };
  return { what, value, unit, peer: { what: "Traefik", value: traefik }, target };
}

/** Microseconds of processor time a request. */
function costOf({ cpuSeconds, requests }: Measured): number {
  return (cpuSeconds / requests) * 1e6;
}

function of(all: Map<Way, Measured>, way: Way): Measured {
  const found = all.get(way);
  if (found === undefined) throw new Error(`${way} was not measured`);
  return found;
}
