/** Breaks each write of a round trip in each of several ways and holds the outcome against the unbroken run. */
import { expect, it } from "vitest";
import { loadCustomKinds } from "../kit/fake-apiserver/custom-kinds.ts";
import type { Kind } from "../kit/fake-apiserver/kind.ts";
import { firstDifference } from "./comparable.ts";
import type { FaultMode } from "./fault-modes.ts";
import { type Break, type RoundTrip, roundTrip } from "./round-trip.ts";

/** Worlds that live at the same time. */
const parallel = 12;

/** Declares the test; it prints how many cases ran. */
export function crashTest(modes: readonly FaultMode[]): void {
  const titles = modes.map(({ title }) => title).join(" or ");
  it(`ends as the unbroken run when any one write is ${titles}`, { timeout: 1_200_000 }, async () => {
    const customKinds = loadCustomKinds();
    const reference = await roundTrip({ slot: 0, customKinds });
    expect(reference.breaches).toEqual([]);
    const cases = reference.points.flatMap((point) => modes.map((mode) => ({ point, mode })));
    const outcomes = await runAll(cases, customKinds, reference);
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
  customKinds: readonly Kind[],
  reference: RoundTrip,
): Promise<string[]> {
  const outcomes: string[] = [];
  const queue = [...cases];
  const work = async (slot: number): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      outcomes.push(await outcomeOf(next, slot, customKinds, reference));
    }
  };
  await Promise.all(Array.from({ length: parallel }, (_, slot) => work(slot)));
  return outcomes;
}

/** `held`, `missed` when the write did not come, or what went wrong. */
async function outcomeOf(
  fault: Break,
  slot: number,
  customKinds: readonly Kind[],
  reference: RoundTrip,
): Promise<string> {
  const title = `${fault.point.write} #${fault.point.nth} ${fault.mode.title}`;
  try {
    const { states, breaches, isHit } = await roundTrip({ slot, customKinds, fault });
    if (breaches.length > 0) return `${title}: ${breaches.slice(0, 3).join("; ")}`;
    if (!isHit) return "missed";
    const difference = firstDifference(reference.states, states);
    return difference === undefined ? "held" : `${title}: ${difference}`;
  } catch (error) {
    return `${title}: ${error instanceof Error ? error.message : String(error)}`;
  }
}
