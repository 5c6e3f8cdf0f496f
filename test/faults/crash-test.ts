/** Breaks each write of a round trip in each of several ways and holds the outcome against the unbroken run. */
import { expect, it } from "vitest";
import { loadCustomKinds } from "../kit/fake-apiserver/custom-kinds.ts";
import { firstDifference } from "./comparable.ts";
import type { FaultMode } from "./fault-modes.ts";
import { type Break, type RoundTrip, roundTrip, type RoundTripOptions } from "./round-trip.ts";
import type { WritePoint } from "./write-points.ts";

type SharedOptions = Omit<RoundTripOptions, "slot" | "fault">;

/** Worlds that live at the same time. */
const parallel = 12;

/** Which writes are broken, and of which workload. */
interface Subject {
  /** In words. */
  readonly writes: string;
  readonly isBroken: (point: WritePoint) => boolean;
  readonly isAbrupt: boolean;
}

const anyWrite: Subject = { writes: "any one write", isBroken: () => true, isAbrupt: false };

/** Declares the test; it prints how many cases ran. */
export function crashTest(modes: readonly FaultMode[], subject = anyWrite): void {
  const titles = modes.map(({ title }) => title).join(" or ");
  it(`ends as the unbroken run when ${subject.writes} is ${titles}`, { timeout: 1_200_000 }, async () => {
    const options = { customKinds: loadCustomKinds(), isAbrupt: subject.isAbrupt };
    const reference = await roundTrip({ ...options, slot: 0 });
    expect(reference.breaches).toEqual([]);
    const points = reference.points.filter(subject.isBroken);
    const cases = points.flatMap((point) => modes.map((mode) => ({ point, mode })));
    const outcomes = await runAll(cases, options, reference);
    const missed = outcomes.filter((outcome) => outcome === "missed").length;
    const failures = outcomes.filter((outcome) => outcome !== "held" && outcome !== "missed");
    console.log(
      `crash test: ${cases.length} cases (${titles}), ${failures.length} failed, ${missed} not reached`,
    );
    expect(failures).toEqual([]);
    expect(missed).toBeLessThan(cases.length / 10);
  });
}

async function runAll(
  cases: readonly Break[],
  options: SharedOptions,
  reference: RoundTrip,
): Promise<string[]> {
  const outcomes: string[] = [];
  const queue = [...cases];
  const work = async (slot: number): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      outcomes.push(await outcomeOf(next, slot, options, reference));
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, slot) => work(slot)));
  return outcomes;
}

/** `held`, `missed` when the write did not come, or what went wrong. */
async function outcomeOf(
  fault: Break,
  slot: number,
  options: SharedOptions,
  reference: RoundTrip,
): Promise<string> {
  const title = `${fault.point.write} #${fault.point.nth} ${fault.mode.title}`;
  try {
    const { states, breaches, isHit } = await roundTrip({ ...options, slot, fault });
    if (breaches.length > 0) return `${title}: ${breaches.slice(0, 3).join("; ")}`;
    if (!isHit) return "missed";
    const difference = firstDifference(reference.states, states);
    return difference === undefined ? "held" : `${title}: ${difference}`;
  } catch (error) {
    return `${title}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
