import { expect, it } from "vitest";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import { Remembered } from "./remembered.ts";

const minute = 60_000;

const fail = (): Promise<number> => Promise.reject(new Error("no answer"));

function setUp() {
  const clock = new ManualClock();
  let asked = 0;
  const answer = (): Promise<number> => Promise.resolve(++asked);
  return { clock, remembered: new Remembered<number>(clock, minute), answer };
}

it("asks again when an answer has become old, for each key on its own", async () => {
  const { clock, remembered, answer } = setUp();
  expect([await remembered.of("a", answer), await remembered.of("a", answer)]).toEqual([1, 1]);
  expect(await remembered.of("b", answer)).toBe(2);
  await clock.advance(minute);
  expect(await remembered.of("a", answer)).toBe(3);
});

it("gives callers that come meanwhile the same answer", async () => {
  const { remembered, answer } = setUp();
  expect(await Promise.all([remembered.of("a", answer), remembered.of("a", answer)])).toEqual([1, 1]);
});

it("throws when there never was an answer, and asks the next caller's", async () => {
  const { remembered, answer } = setUp();
  await expect(remembered.of("a", fail)).rejects.toThrow("no answer");
  expect(await remembered.of("a", answer)).toBe(1);
});

it("goes by the former answer while there is no other", async () => {
  const { clock, remembered, answer } = setUp();
  await remembered.of("a", answer);
  await clock.advance(minute);
  expect(await Promise.all([remembered.of("a", fail), remembered.of("a", fail)])).toEqual([1, 1]);
  expect(await remembered.of("a", answer)).toBe(2);
});

it("forgets what nobody has asked for in ten times as long", async () => {
  const { clock, remembered, answer } = setUp();
  await remembered.of("a", answer);
  await clock.advance(11 * minute);
  await expect(remembered.of("a", fail)).rejects.toThrow("no answer");
});
