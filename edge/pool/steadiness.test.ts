import { beforeEach, describe, expect, it } from "vitest";
import { Steadiness } from "./steadiness.ts";

describe("the steadiness of a process", () => {
  let now = 0;
  let steadiness: Steadiness;

  const beat = (...gaps: readonly number[]) => {
    for (const gap of gaps) {
      now += gap;
      steadiness.beat();
    }
  };

  beforeEach(() => {
    now = 1_000_000;
    steadiness = new Steadiness(() => now);
  });

  it("is not there at the start, and is after five seconds of beats in time", () => {
    beat(0, 1000, 1000, 1000, 1000);
    expect(steadiness.holdsFor(5000)).toBe(false);
    beat(1000);
    expect(steadiness.holdsFor(5000)).toBe(true);
  });

  it("is gone as soon as a beat is late, and takes its time to come back", () => {
    beat(0, 1000, 1000, 1000, 1000, 1000);
    now += 1600;
    expect(steadiness.holdsFor(5000)).toBe(false);
    // What has waited comes all at once.
    beat(0, 5, 5, 5, 5, 5);
    expect(steadiness.holdsFor(5000)).toBe(false);
    beat(1000, 1000, 1000, 1000, 1000);
    expect(steadiness.holdsFor(5000)).toBe(true);
  });

  it("is not asked for where no time is", () => {
    expect(steadiness.holdsFor(0)).toBe(true);
  });
});
