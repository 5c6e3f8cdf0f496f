import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Clocks } from "./clocks.ts";
import { poll } from "./pollable.ts";

const second = 1_000_000_000n;

beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
afterEach(() => void vi.useRealTimers());

it("moves on with every reading, so that loops that wait for time end", () => {
  const clocks = new Clocks(Date.now);
  const start = clocks.monotonic();
  const until = start + 1_000_000n;
  let readings = 0;
  while (clocks.monotonic() < until) readings += 1;
  expect(readings).toBeGreaterThan(10);
  expect(clocks.wall().seconds).toBe(1_700_000_000n);
});

it("tells when an instant has come, and the earlier of two first", async () => {
  const clocks = new Clocks(Date.now);
  const [late, early] = [
    clocks.at(clocks.monotonic() + 60n * second),
    clocks.at(clocks.monotonic() + second),
  ];
  const polled = poll([late, early]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(await polled).toEqual(Uint32Array.of(1));
  expect([late.ready(), early.ready()]).toEqual([false, true]);
});

it("keeps one timer for a time that is waited for again and again, and none for one that is dropped", async () => {
  const clocks = new Clocks(Date.now);
  const late = clocks.at(clocks.monotonic() + 60n * second);
  for (let round = 0; round < 20; round++) {
    const soon = clocks.at(clocks.monotonic() + 1_000_000n);
    const polled = poll([late, soon]);
    await vi.advanceTimersByTimeAsync(2);
    await polled;
    soon[Symbol.dispose]();
  }
  expect(vi.getTimerCount()).toBe(1);
  late[Symbol.dispose]();
  expect(vi.getTimerCount()).toBe(0);
});
