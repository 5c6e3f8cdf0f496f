import { expect, test } from "vitest";
import { ManualClock } from "../../test/kit/manual-clock.ts";
import { DelayQueue } from "./delay-queue.ts";

function setUp() {
  const clock = new ManualClock();
  let step = 0;
  const stepped = { now: () => clock.now() + step, sleep: clock.sleep.bind(clock) };
  const due: string[] = [];
  const queue = new DelayQueue<string, number>(stepped, (key, value) => due.push(`${key}${value}`));
  return {
    clock,
    due,
    queue,
    stepTo: (ms: number) => {
      step = ms;
    },
  };
}

test("keys are due in the order of their times, with the value of the earliest", async () => {
  const { clock, due, queue } = setUp();
  queue.add("a", 1, 300);
  queue.add("b", 1, 200);
  queue.add("a", 2, 100);
  queue.add("b", 2, 400);
  await clock.advance(1000);
  expect(due).toEqual(["a2", "b1"]);
});

test("a key may wait again once it was due", async () => {
  const { clock, due, queue } = setUp();
  queue.add("a", 1, 100);
  await clock.advance(100);
  queue.add("a", 2, 5000);
  await clock.advance(5000);
  expect(due).toEqual(["a1", "a2"]);
});

test("a wall clock that is set back an hour holds nothing back", async () => {
  const { clock, due, queue, stepTo } = setUp();
  queue.add("a", 1, 1000);
  stepTo(-3_600_000);
  queue.add("b", 1, 1000);
  await clock.advance(1000);
  expect(due).toEqual(["a1", "b1"]);
});

test("nothing is due after clear", async () => {
  const { clock, due, queue } = setUp();
  queue.add("a", 1, 100);
  queue.clear();
  await clock.advance(1000);
  expect(due).toEqual([]);
});
