import { expect, it } from "vitest";
import { Bell, poll, Pollable } from "./pollable.ts";

const never = () => new Promise<void>(() => undefined);

it("tells all that are ready, by their places", async () => {
  const ready = new Pollable(() => true, never);
  const waiting = new Pollable(() => false, never);
  expect(await poll([ready, waiting, ready])).toEqual(Uint32Array.of(0, 2));
});

it("waits until one is ready, also when it was woken before that", async () => {
  const bell = new Bell();
  let isReady = false;
  const polled = poll([
    new Pollable(() => false, never),
    new Pollable(
      () => isReady,
      () => bell.rings(),
    ),
  ]);
  bell.ring();
  await Promise.resolve();
  isReady = true;
  bell.ring();
  expect(await polled).toEqual(Uint32Array.of(1));
});

it("traps when there is nothing to wait for", async () => {
  await expect(poll([])).rejects.toThrow("nothing to wait for");
});
