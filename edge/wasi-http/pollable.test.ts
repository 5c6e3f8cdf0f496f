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

it("waits once, however often it is waited for", async () => {
  let waits = 0;
  const slow = new Pollable(
    () => false,
    () => {
      waits += 1;
      return never();
    },
  );
  const ready = new Pollable(() => true, never);
  const bell = new Bell();
  let isRung = false;
  const other = new Pollable(
    () => isRung,
    () => bell.rings(),
  );
  for (let round = 0; round < 3; round++) {
    isRung = false;
    const polled = poll([slow, other]);
    isRung = true;
    bell.ring();
    expect(await polled).toEqual(Uint32Array.of(1));
  }
  expect([waits, await poll([slow, ready])]).toEqual([1, Uint32Array.of(1)]);
});

it("ends its wait when it is dropped", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const dropped = new Pollable(
    () => false,
    () => promise,
    resolve,
  );
  const waiting = dropped.block();
  dropped[Symbol.dispose]();
  await waiting;
});

it("traps when there is nothing to wait for", async () => {
  await expect(poll([])).rejects.toThrow("nothing to wait for");
});
