import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { collect } from "./collect.ts";

const title = "The module";
const digest = `sha256:${createHash("sha256").update("abcdef").digest("hex")}`;

async function* chunks(...parts: string[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

it("gives what has the digest", async () => {
  expect((await collect(chunks("abc", "def"), { title, digest, size: 6, maxSize: 6 })).toString()).toBe(
    "abcdef",
  );
});

it("reads nothing of what says that it is too large", async () => {
  let read = 0;
  async function* body(): AsyncGenerator<Uint8Array> {
    read += 1;
    yield Buffer.from("x");
  }
  await expect(collect(body(), { title, size: 7, maxSize: 6, limit: "modules.maxSize" })).rejects.toThrow(
    "The module has 7 bytes or more; this operator takes at most 6. Make it smaller, or let whoever runs Ebb raise modules.maxSize",
  );
  expect(read).toBe(0);
});

it("stops what becomes too large", async () => {
  await expect(collect(chunks("abcd", "efg"), { title, maxSize: 6 })).rejects.toMatchObject({
    reason: "ModuleTooLarge",
  });
});

it.each([
  ["other bytes", ["abcdeg"], { digest }, "DigestMismatch"],
  ["more than announced", ["abcdef", "g"], { size: 6 }, "DigestMismatch"],
])("refuses %s", async (_what, parts, expected, reason) => {
  await expect(collect(chunks(...parts), { title, maxSize: 100, ...expected })).rejects.toMatchObject({
    reason,
  });
});

it("takes less than announced for an interruption", async () => {
  await expect(collect(chunks("abc"), { title, maxSize: 100, size: 6 })).rejects.toMatchObject({
    name: "SourceUnavailable",
    message: "The module ended after 3 of 6 bytes.",
  });
});
