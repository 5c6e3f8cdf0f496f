import { expect, it } from "vitest";
import { findingKinds, reasonOf } from "../../api/v1alpha1/findings.ts";
import { eligibleReasons } from "../../api/v1alpha1/conditions.ts";
import { fact, judge } from "./finding.ts";

const nobody = new Set<string>();
const facts = [
  fact("AbruptShutdown", "Deployment/a .b[10]", "Ten."),
  fact("AbruptShutdown", "Deployment/a .b[9]", "Nine."),
  fact("ServiceHeadless", "Service/a .spec.clusterIP", "Headless."),
  fact("Volumes", "Deployment/a .c", "A disk."),
];

const named = (found: ReturnType<typeof judge>): string[] =>
  found.map(({ severity, code, path }) => `${severity} ${code} ${path}`);

it("tells blockers first, then in the order of codes and paths, in whatever order they come", () => {
  const order = [
    "Blocker Volumes Deployment/a .c",
    "Blocker ServiceHeadless Service/a .spec.clusterIP",
    "Warning AbruptShutdown Deployment/a .b[9]",
    "Warning AbruptShutdown Deployment/a .b[10]",
  ];
  expect(named(judge(facts, nobody))).toEqual(order);
  expect(judge(facts.toReversed(), nobody)).toEqual(judge(facts, nobody));
});

it("tells a fact once", () => {
  expect(judge([...facts, ...facts], nobody)).toHaveLength(facts.length);
});

it("says how a blocker can be taken on, and when it cannot", () => {
  const [volumes, headless, abrupt] = judge(facts, nobody).map(({ message }) => message);
  expect(volumes).toMatch(/To take it on, add Volumes to spec\.assessment\.ignore\.$/);
  expect(headless).toMatch(/It cannot be ignored\.$/);
  expect(abrupt).not.toMatch(/ignore/);
});

it("makes a warning of a blocker that is taken on, and of no other", () => {
  const found = judge(facts, new Set(["Volumes", "ServiceHeadless"]));
  expect(named(found).slice(0, 2)).toEqual([
    "Blocker ServiceHeadless Service/a .spec.clusterIP",
    "Warning Volumes Deployment/a .c",
  ]);
  expect(found[1]?.message).toMatch(/takes it on\.$/);
});

it("keeps status small", () => {
  const many = Array.from({ length: 90 }, (_, index) =>
    fact("AbruptShutdown", `Deployment/a .b[${index}]`, "x".repeat(2000)),
  );
  const found = judge(many, nobody);
  expect([found.length, Math.max(...found.map(({ message }) => message.length))]).toEqual([50, 1000]);
});

it("has a declared reason for every blocker", () => {
  const reasons = Object.entries(findingKinds)
    .filter(([, { severity }]) => severity === "Blocker")
    .map(([code]) => reasonOf(code));
  expect(reasons.filter((reason) => !(reason in eligibleReasons))).toEqual([]);
});
