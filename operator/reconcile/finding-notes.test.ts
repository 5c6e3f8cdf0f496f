import { expect, it } from "vitest";
import type { EdgeFunctionStatus } from "../api/v1alpha1/generated/edge-function.ts";
import { findingNotes } from "./finding-notes.ts";

const headless = { code: "ServiceHeadless", severity: "Blocker", path: "a", message: "Headless." } as const;
const sticky = { code: "SessionAffinity", severity: "Blocker", path: "b", message: "Sticky." } as const;
const abrupt = { code: "AbruptShutdown", severity: "Warning", path: "c", message: "Abrupt." } as const;

const statusWith = (
  ...findings: NonNullable<NonNullable<EdgeFunctionStatus["assessment"]>["findings"]>
): EdgeFunctionStatus => ({ assessment: { findings } });

const told = (...notes: ReturnType<typeof findingNotes>) =>
  notes.map(({ type, reason, note }) => `${type} ${reason} ${note}`);

it("tells what is new and what is gone, once each", () => {
  const notes = findingNotes(statusWith(headless), statusWith(abrupt), new Set());
  expect(told(...notes)).toEqual([
    "Warning AbruptShutdown Abrupt.",
    "Normal ServiceHeadless No longer found: ServiceHeadless at a.",
  ]);
  expect(findingNotes(statusWith(abrupt), statusWith(abrupt), new Set())).toEqual([]);
});

it("tells nothing of another message for the same finding", () => {
  const changed = statusWith({ ...abrupt, message: "More abrupt." });
  expect(findingNotes(statusWith(abrupt), changed, new Set())).toEqual([]);
});

it("leaves out the blocker that the condition Stalled has told of", () => {
  const notes = findingNotes(undefined, statusWith(headless, sticky), new Set(["ServiceHeadless"]));
  expect(told(...notes)).toEqual(["Warning ServiceUnsupported Sticky."]);
});
