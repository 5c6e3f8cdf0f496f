/** What an assessment finds anew, and what it does not find any more, as Events for people. */
import { reasonOf } from "../api/v1alpha1/findings.ts";
import type { EdgeFunctionStatus } from "../api/v1alpha1/generated/edge-function.ts";
import type { EventNote } from "../telemetry/events.ts";

type Finding = NonNullable<NonNullable<EdgeFunctionStatus["assessment"]>["findings"]>[number];

/** told are reasons of other Events of the same pass: what they tell is not told again. */
export function findingNotes(
  before: EdgeFunctionStatus | undefined,
  after: EdgeFunctionStatus,
  told: ReadonlySet<string>,
): EventNote[] {
  const former = findingsOf(before);
  const present = findingsOf(after);
  const fresh = [...present].filter(([key]) => !former.has(key)).map(([, finding]) => finding);
  const gone = [...former].filter(([key]) => !present.has(key)).map(([, finding]) => finding);
  return [
    ...fresh
      .filter(({ code, severity }) => severity !== "Blocker" || !told.has(reasonOf(code)))
      .map(({ code, message }) => ({ type: "Warning" as const, reason: reasonOf(code), note: message })),
    ...gone.map(({ code, path }) => ({
      type: "Normal" as const,
      reason: reasonOf(code),
      note: `No longer found: ${code} at ${path}.`,
    })),
  ];
}

function findingsOf(status: EdgeFunctionStatus | undefined): ReadonlyMap<string, Finding> {
  return new Map(
    (status?.assessment?.findings ?? []).map((finding) => [`${finding.code} ${finding.path}`, finding]),
  );
}
