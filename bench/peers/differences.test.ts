import { expect, test } from "vitest";
import { differences } from "./differences.ts";

test.each([
  [{ a: 1 }, { a: 1 }, []],
  [{ spec: { replicas: 3 } }, { spec: { replicas: 0 } }, ["spec.replicas"]],
  [{ spec: { a: 1 } }, { spec: { a: 1, b: { c: 1, d: 2 } } }, ["spec.b"]],
  [{ list: [1, 2] }, { list: [1] }, ["list"]],
  [{ a: {} }, {}, ["a"]],
  [{ a: null }, { a: {} }, ["a"]],
])("%j and %j differ in %j", (before, after, expected) => {
  expect(differences(before, after)).toEqual(expected);
});
