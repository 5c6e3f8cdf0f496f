import * as fc from "fast-check";
import { expect, test } from "vitest";
import { lines } from "./lines.ts";

async function read(pieces: Iterable<Uint8Array>): Promise<string[]> {
  const found: string[] = [];
  for await (const line of lines(streamOf(pieces))) found.push(line);
  return found;
}

async function* streamOf(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const piece of pieces) yield await Promise.resolve(piece);
}

test("lines are whole however the bytes are cut", async () => {
  const line = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !text.includes("\n"));
  const property = fc.asyncProperty(
    fc.array(line, { maxLength: 6 }),
    fc.infiniteStream(fc.nat(7)),
    async (texts, sizes) => {
      const bytes = Buffer.from(texts.map((text) => `${text}\n`).join(""));
      const pieces: Uint8Array[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = sizes.next().value ?? 1;
        pieces.push(bytes.subarray(at, at + size));
        at += size;
        if (pieces.length > 500) break;
      }
      if (pieces.length > 500) return;
      expect(await read(pieces)).toEqual(texts);
    },
  );
  await fc.assert(property, { seed: 11, numRuns: 300 });
});

test("a stream that ends inside a line throws after the whole lines before it", async () => {
  const found: string[] = [];
  const reading = (async () => {
    for await (const line of lines(streamOf([Buffer.from("a\nbc")]))) found.push(line);
  })();
  await expect(reading).rejects.toThrow("inside a line");
  expect(found).toEqual(["a"]);
});
