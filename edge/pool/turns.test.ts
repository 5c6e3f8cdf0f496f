import { beforeEach, describe, expect, it } from "vitest";
import { Turns } from "./turns.ts";

/** Long enough for whoever may go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 20));

describe("turns of suspected versions", () => {
  let now = 0;
  let turns: Turns;
  let taken: string[];

  const take = async (name: string) => {
    const leave = await turns.take(name);
    taken.push(name);
    return leave;
  };

  beforeEach(() => {
    now = 0;
    turns = new Turns(() => now);
    taken = [];
  });

  it("are shared by the calls of one version, and keep the others out until all have answered", async () => {
    const first = await take("a");
    const second = await take("a");
    const other = take("b");
    await settle();
    expect([first(), taken]).toEqual([false, ["a", "a"]]);
    await settle();
    expect([second(), taken]).toEqual([true, ["a", "a"]]);
    await other;
    expect(taken).toEqual(["a", "a", "b"]);
  });

  it("end after a tenth of a second though a call has not answered", async () => {
    const first = await take("a");
    const other = take("b");
    now = 100;
    const leave = await other;
    expect([first(), leave()]).toEqual([false, true]);
  });

  it("begin anew for the version that had the last one", async () => {
    const late = await take("a");
    now = 100;
    const again = await take("a");
    const other = take("b");
    late();
    await settle();
    expect(taken).toEqual(["a", "a"]);
    again();
    await other;
    expect(taken).toEqual(["a", "a", "b"]);
  });
});
