import { beforeEach, describe, expect, it } from "vitest";
import { SharedReads } from "./shared-reads.ts";

const there = (): Promise<string> => Promise.resolve("there");
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("shared reads", () => {
  let reads: SharedReads<string>;
  let known: string | undefined;
  let asked: ((found: string | undefined) => void)[];
  beforeEach(() => {
    reads = new SharedReads();
    known = undefined;
    asked = [];
  });

  const read = (isGood: (found: string) => boolean = () => true): Promise<string | undefined> =>
    reads.read(
      "a",
      () => (known !== undefined && isGood(known) ? known : undefined),
      () =>
        new Promise((resolve) => {
          asked.push((found) => {
            known = found;
            resolve(found);
          });
        }),
    );

  it("asks once for all who come meanwhile, and not at all for who comes later", async () => {
    const all = [read(), read(), read()];
    asked[0]?.("one");
    expect(await Promise.all(all)).toEqual(["one", "one", "one"]);
    expect(await read()).toBe("one");
    expect(asked).toHaveLength(1);
  });

  it("asks again, once, for those to whom an earlier read is too old", async () => {
    const first = read();
    const later = [1, 2].map(() => read((found) => found === "two"));
    asked[0]?.("one");
    await turn();
    asked[1]?.("two");
    expect(await Promise.all([first, ...later])).toEqual(["one", "two", "two"]);
    expect(asked).toHaveLength(2);
  });

  it("tells all that there is nothing", async () => {
    const all = [read(), read()];
    asked[0]?.(undefined);
    expect(await Promise.all(all)).toEqual([undefined, undefined]);
    expect(asked).toHaveLength(1);
  });

  it("asks once more for those whose shared read has failed, and tells them all when that fails too", async () => {
    let asks = 0;
    const broken = (): Promise<never> => {
      asks += 1;
      return Promise.reject(new Error("no answer"));
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => reads.read("a", () => undefined, broken)));
    expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
    expect(asks).toBe(2);
    expect(await reads.read("a", () => undefined, there)).toBe("there");
  });
});
