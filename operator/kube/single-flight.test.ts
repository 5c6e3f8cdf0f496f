import { expect, it } from "vitest";
import { SingleFlight } from "./single-flight.ts";

interface Started {
  finish(value: number): void;
  fail(error: Error): void;
}

function gated() {
  const started: Started[] = [];
  const runs = new SingleFlight<number>(() => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    started.push({ finish: resolve, fail: reject });
    return promise;
  });
  return { started, runs };
}

it("gives calls that come during a run one run that begins after them", async () => {
  const { started, runs } = gated();
  const first = runs.run("a");
  const later = [runs.run("a"), runs.run("a")];
  expect(started).toHaveLength(1);
  started[0]?.finish(1);
  expect(await first).toBe(1);
  await expect.poll(() => started.length).toBe(2);
  started[1]?.finish(2);
  expect(await Promise.all(later)).toEqual([2, 2]);
  expect(started).toHaveLength(2);
});

it("runs again after a failure, which only its own callers see", async () => {
  const { started, runs } = gated();
  const first = runs.run("a");
  const second = runs.run("a");
  started[0]?.fail(new Error("broken"));
  await expect(first).rejects.toThrow("broken");
  await expect.poll(() => started.length).toBe(2);
  started[1]?.finish(2);
  expect(await second).toBe(2);
});

it("runs keys beside each other", () => {
  const { started, runs } = gated();
  void runs.run("a");
  void runs.run("b");
  expect(started).toHaveLength(2);
});
