import { describe, expect, it } from "vitest";
import { judge } from "./verdict.ts";

const now = 10_000_000;
const lately = now - 1000;
const longAgo = now - 3_600_000;

const cases = [
  {
    title: "suspects all that may have run at a first end",
    evidence: { fresh: ["a", "b"], waiting: ["c"], suspects: {} },
    verdict: { convicted: [], suspects: { a: now, b: now } },
  },
  {
    title: "convicts the suspect that ran at the second, and clears the others",
    evidence: { fresh: ["a", "c"], waiting: ["b"], suspects: { a: lately, b: lately } },
    verdict: { convicted: ["a"], suspects: {} },
  },
  {
    title: "suspects others when none of the suspects ran",
    evidence: { fresh: ["c"], waiting: [], suspects: { a: lately } },
    verdict: { convicted: [], suspects: { a: lately, c: now } },
  },
  {
    title: "lets a suspect alone that only waited while another ran",
    evidence: { fresh: ["c"], waiting: ["a"], suspects: { a: lately } },
    verdict: { convicted: [], suspects: { a: lately, c: now } },
  },
  {
    title: "looks at those that waited when nothing else ran",
    evidence: { fresh: [], waiting: ["a", "b"], suspects: { a: lately } },
    verdict: { convicted: ["a"], suspects: {} },
  },
  {
    title: "forgets a suspicion after an hour",
    evidence: { fresh: ["a"], waiting: [], suspects: { a: longAgo, b: longAgo } },
    verdict: { convicted: [], suspects: { a: now } },
  },
  {
    title: "has nothing to say when nothing ran",
    evidence: { fresh: [], waiting: [], suspects: { a: lately } },
    verdict: { convicted: [], suspects: { a: lately } },
  },
];

describe("the verdict on an end of the process", () => {
  it.each(cases)("$title", ({ evidence, verdict }) => {
    expect(judge(evidence, now)).toEqual(verdict);
  });
});
