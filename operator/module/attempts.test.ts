import { expect, it } from "vitest";
import { ManualClock } from "../../test/kit/manual-clock.ts";
import { Attempts } from "./attempts.ts";
import { ModuleError } from "./module-error.ts";
import { SourceRefused, SourceUnavailable } from "./source-error.ts";

const clock = new ManualClock();

function trying(error: () => Error) {
  const attempts = new Attempts(clock, () => 0);
  let tries = 0;
  const run = (wanted = "spec") =>
    attempts.run("uid", wanted, () => {
      tries += 1;
      return Promise.reject(error());
    });
  return { attempts, run, tries: () => tries };
}

it.each([
  () => new SourceRefused("ModuleNotFound", "not there"),
  () => new ModuleError("ModuleEmpty", "no bytes"),
])("asks again 30 seconds after a refusal, or at once when something else is wanted", async (error) => {
  const { run, tries } = trying(error);
  await expect(run()).rejects.toMatchObject({ after: 30_000, cause: error() });
  await clock.advance(29_000);
  await expect(run()).rejects.toMatchObject({ after: 1000, cause: error() });
  expect(tries()).toBe(1);
  await expect(run("other spec")).rejects.toMatchObject({ after: 30_000 });
  expect(tries()).toBe(2);
  await clock.advance(30_000);
  await expect(run("other spec")).rejects.toMatchObject({ after: 30_000 });
  expect(tries()).toBe(3);
});

it("waits longer and longer for what does not answer, a minute at most", async () => {
  const { attempts, run } = trying(() => new SourceUnavailable("silence"));
  const waits: number[] = [];
  for (let time = 0; time < 8; time += 1) {
    const { after } = (await run().catch((error: unknown) => error)) as { after: number };
    waits.push(after);
    await clock.advance(after);
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000]);
  expect(await attempts.run("uid", "spec", () => Promise.resolve("back"))).toBe("back");
  await expect(run()).rejects.toMatchObject({ after: 1000 });
});

it("waits for as long as it is asked to", async () => {
  const { run } = trying(() => new SourceUnavailable("too many", { retryAfter: 90_000 }));
  await expect(run()).rejects.toMatchObject({ after: 90_000 });
});

it("keeps one function's failure from the others", async () => {
  const { attempts, run } = trying(() => new SourceUnavailable("silence"));
  await expect(run()).rejects.toThrow("silence");
  expect(await attempts.run("other", "spec", () => Promise.resolve(1))).toBe(1);
});

it("passes on what is no trouble of the source", async () => {
  const failure = new Error("the API server is away");
  const { run, tries } = trying(() => failure);
  await expect(run()).rejects.toBe(failure);
  await expect(run()).rejects.toBe(failure);
  expect(tries()).toBe(2);
});
