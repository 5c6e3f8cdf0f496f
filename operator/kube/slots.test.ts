import { expect, it } from "vitest";
import { Slots } from "./slots.ts";

it("lets no more in at a time than there are, in the order in which they came", async () => {
  const slots = new Slots(2);
  const order: number[] = [];
  let inside = 0;
  let most = 0;
  const visit = async (index: number): Promise<void> => {
    const leave = await slots.take();
    order.push(index);
    most = Math.max(most, ++inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
    leave();
  };
  await Promise.all([0, 1, 2, 3, 4].map(visit));
  expect(most).toBe(2);
  expect(order).toEqual([0, 1, 2, 3, 4]);
});

it("keeps no place for who has given up", async () => {
  const slots = new Slots(1);
  const leave = await slots.take();
  const given = new AbortController();
  const impatient = slots.take(given.signal);
  const patient = slots.take();
  given.abort(new Error("that is too long"));
  await expect(impatient).rejects.toThrow("that is too long");
  leave();
  (await patient)();
  (await slots.take(AbortSignal.abort()))();
});
