import { expect, it } from "vitest";
import { StatusDraft } from "./status-draft.ts";
import { transitions } from "./transitions.ts";

const now = "2026-01-01T00:00:00.000Z";

function statusWith(...conditions: readonly [string, "True" | "False" | "Unknown", string][]) {
  const draft = new StatusDraft(undefined, 1, now);
  for (const [type, status, reason] of conditions)
    draft.setCondition(type, status, reason, `${type} ${reason}`);
  return draft.build();
}

const notesOf = (...states: [ReturnType<typeof statusWith> | undefined, ReturnType<typeof statusWith>]) =>
  transitions(...states).map(({ note }) => `${note.type} ${note.reason}`);

it("tells what became true, and what was true and is no more", () => {
  const before = statusWith(["Published", "False", "Publishing"], ["Offloaded", "True", "ScaledToZero"]);
  const after = statusWith(["Published", "True", "Published"], ["Offloaded", "False", "InCluster"]);
  expect(notesOf(before, after)).toEqual(["Normal Published", "Normal InCluster"]);
});

it("tells nothing of a new reason, of Unknown, and of what follows from the others", () => {
  const before = statusWith(["Published", "False", "PoolStarting"], ["Ready", "True", "ScaledToZero"]);
  const after = statusWith(
    ["Published", "False", "Publishing"],
    ["Ready", "False", "x"],
    ["Eligible", "Unknown", "NotStarted"],
  );
  expect(notesOf(before, after)).toEqual([]);
});

it("warns of what a person should look at", () => {
  const before = statusWith(
    ["EdgeHealthy", "True", "EdgeServes"],
    ["Eligible", "True", "Eligible"],
    ["Offloaded", "True", "ScaledToZero"],
  );
  const after = statusWith(
    ["EdgeHealthy", "False", "PoolStarting"],
    ["Eligible", "False", "Volumes"],
    ["Offloaded", "False", "ScaledUpByOther"],
    ["Stalled", "True", "ServiceNotFound"],
  );
  expect(notesOf(before, after)).toEqual([
    "Warning PoolStarting",
    "Warning Volumes",
    "Warning ScaledUpByOther",
    "Warning ServiceNotFound",
  ]);
});
