import { getEventListeners } from "node:events";
import { expect, test } from "vitest";
import { ManualClock } from "../../test/kit/manual-clock.ts";
import { abortable, openScope, TimedOut } from "./call-scope.ts";

test("the scope's signal aborts at the limit", async () => {
  const clock = new ManualClock();
  using scope = openScope(clock, 1000, []);
  await clock.advance(400);
  expect([scope.signal.aborted, scope.remaining()]).toEqual([false, 600]);
  await clock.advance(600);
  expect(scope.signal.reason).toBeInstanceOf(TimedOut);
});

test("the scope's signal aborts with the first outer signal, also with one that has aborted before", () => {
  const outer = new AbortController();
  using scope = openScope(new ManualClock(), 1000, [new AbortController().signal, outer.signal]);
  outer.abort(new Error("fenced"));
  expect(scope.signal.reason).toMatchObject({ message: "fenced" });
  using late = openScope(new ManualClock(), 1000, [outer.signal]);
  expect(late.signal.reason).toMatchObject({ message: "fenced" });
});

test("a scope that has ended leaves nothing on its outer signals, and does not abort later", async () => {
  const clock = new ManualClock();
  const outer = new AbortController();
  const scope = openScope(clock, 1000, [outer.signal]);
  expect(getEventListeners(outer.signal, "abort")).toHaveLength(1);
  scope[Symbol.dispose]();
  expect(getEventListeners(outer.signal, "abort")).toHaveLength(0);
  await clock.advance(5000);
  expect(scope.signal.aborted).toBe(false);
});

test("abortable is the promise, or the signal when that is first", async () => {
  const controller = new AbortController();
  expect(await abortable(Promise.resolve(1), controller.signal)).toBe(1);
  const waiting = abortable(new Promise(() => undefined), controller.signal).catch(
    (reason: unknown) => reason,
  );
  controller.abort(new Error("fenced"));
  expect(await waiting).toMatchObject({ message: "fenced" });
  expect(getEventListeners(controller.signal, "abort")).toHaveLength(0);
});
