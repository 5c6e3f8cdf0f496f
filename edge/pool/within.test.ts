import { expect, it } from "vitest";
import { TimedOut, within } from "./within.ts";

const never = (signal: AbortSignal) =>
  new Promise<Response>((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("broken off")));
  });

it("gives the answer that comes in time", async () => {
  const answer = await within(60_000, Date.now, () => Promise.resolve(new Response("in time")));
  expect(await answer.text()).toBe("in time");
});

it("breaks off a call that has not answered in time", async () => {
  let isBrokenOff = false;
  const call = within(1, Date.now, (signal) => {
    signal.addEventListener("abort", () => {
      isBrokenOff = true;
    });
    return never(signal);
  });
  await expect(call).rejects.toBeInstanceOf(TimedOut);
  expect(isBrokenOff).toBe(true);
});

it("drops an answer that kept the thread for too long", async () => {
  let now = 0;
  const call = within(
    60_000,
    () => now,
    () => {
      now = 60_001;
      return Promise.resolve(new Response("late"));
    },
  );
  await expect(call).rejects.toBeInstanceOf(TimedOut);
});

it("passes on what a call fails with", async () => {
  const failing = within(60_000, Date.now, () => Promise.reject(new TypeError("mine")));
  await expect(failing).rejects.toThrow("mine");
});
