import { expect, it } from "vitest";
import { Gate } from "./gate.ts";

it("runs no more tasks at a time than it may, in order, and goes on after one that fails", async () => {
  const gate = new Gate(2);
  const order: number[] = [];
  let running = 0;
  let most = 0;
  const task = (index: number) => async (): Promise<number> => {
    order.push(index);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    if (index === 1) throw new Error("broken");
    return index;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4].map((index) => gate.pass(task(index))));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4]);
  expect(results.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "fulfilled",
    "fulfilled",
    "fulfilled",
  ]);
});
