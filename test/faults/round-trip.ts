/** The run that the crash test breaks: to the edge and back, with the state after each half. */
import type { Kind } from "../kit/fake-apiserver/kind.ts";
import { checkoutOnWorkerd } from "./checkout.ts";
import { stableName, timeless } from "./comparable.ts";
import type { FaultMode } from "./fault-modes.ts";
import { given, type World } from "./world.ts";
import { isSamePoint, WriteCounter, type WritePoint } from "./write-points.ts";

export interface RoundTrip {
  /** Writes of the operator, in order. */
  readonly points: readonly WritePoint[];
  /** What must be equal in every run, whatever went wrong. */
  readonly states: { readonly offloaded: unknown; readonly returned: unknown };
  readonly breaches: readonly string[];
  /** Whether the fault was reached. */
  readonly isHit: boolean;
}

export interface Break {
  readonly point: WritePoint;
  readonly mode: FaultMode;
}

export interface RoundTripOptions {
  readonly slot: number;
  readonly customKinds: readonly Kind[];
  readonly isAbrupt: boolean;
  readonly fault?: Break;
}

/** Errors: when a half does not end within a minute. */
export async function roundTrip({
  slot,
  customKinds,
  isAbrupt,
  fault,
}: RoundTripOptions): Promise<RoundTrip> {
  const world = await given.cluster({
    deployment: "checkout",
    replicas: 3,
    isAbrupt,
    edgeFunction: checkoutOnWorkerd,
    slot,
    customKinds,
  });
  const points: WritePoint[] = [];
  const hit = breakOnce(world, points, fault);
  try {
    world.startOperator();
    await world.untilOffloaded();
    const offloaded = stateOf(world);
    await world.delete("ef/checkout");
    await world.until("no object of Ebb is left", () => world.ebbObjects().length === 0);
    return {
      points,
      states: { offloaded, returned: stateOf(world) },
      breaches: world.laws.breaches,
      isHit: hit(),
    };
  } finally {
    await world.end();
  }
}

/** Records every write, and breaks the one that fault names; tells whether that has come. */
function breakOnce(world: World, points: WritePoint[], fault: Break | undefined): () => boolean {
  const counter = new WriteCounter();
  let isHit = false;
  world.server.onRequest((request) => {
    const point = counter.count(request);
    if (point !== undefined) points.push(point);
    if (isHit || fault === undefined || !isSamePoint(point, fault.point)) return undefined;
    isHit = true;
    if (fault.mode.kills) void world.restartOperator();
    return fault.mode.fault(request);
  });
  return () => isHit;
}

/** The status without times; conditions are a map by type. */
function statusOf(world: World): unknown {
  const { conditions = [], ...fields } = world.edgeFunction()?.status ?? {};
  const byType = Object.fromEntries(conditions.map((condition) => [condition.type, condition]));
  return timeless({ ...fields, conditions: byType });
}

/** The user's objects whole, of Ebb's the names, and what the status says. */
function stateOf(world: World): unknown {
  return {
    deployment: timeless(world.deployment("checkout")),
    service: world.service("checkout"),
    status: statusOf(world),
    ebb: world
      .ebbObjects()
      .map(({ kind = "", metadata }) => `${kind}/${stableName(kind, metadata.name)}`)
      .toSorted((a, b) => (a < b ? -1 : 1)),
  };
}
