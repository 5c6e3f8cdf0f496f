/** Takes the bytes of a transfer while it comes, and ends it as soon as they cannot be the right ones. */
import { createHash } from "node:crypto";
import { SourceRefused, SourceUnavailable } from "../source-error.ts";

export interface Expected {
  /** What they are, for messages: such as `layer sha256:… of registry.example.com/shop/checkout`. */
  readonly title: string;
  /** `sha256:` and 64 hex digits; not known of what is found by its name. */
  readonly digest?: string;
  /** Bytes; not known of what says nothing of itself. */
  readonly size?: number;
  readonly maxSize: number;
  /** Value of the chart that says maxSize, if one does. */
  readonly limit?: string;
}

/**
 * Errors: SourceRefused with ModuleTooLarge before a byte is read when the size is known, else when the first byte too
 * many comes; with DigestMismatch when they are others. SourceUnavailable when they end early.
 */
export async function collect(body: AsyncIterable<Uint8Array>, expected: Expected): Promise<Buffer> {
  const { title, digest, size } = expected;
  refuseTooLarge(expected);
  const hash = createHash("sha256");
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.length;
    refuseTooLarge({ ...expected, size: Math.max(length, size ?? 0) });
    if (size !== undefined && length > size)
      throw new SourceRefused(
        "DigestMismatch",
        `${title} has more than the ${size} bytes that it should have.`,
      );
    hash.update(chunk);
    chunks.push(chunk);
  }
  if (size !== undefined && length < size)
    throw new SourceUnavailable(`${title} ended after ${length} of ${size} bytes.`);
  const found = `sha256:${hash.digest("hex")}`;
  if (digest !== undefined && found !== digest)
    throw new SourceRefused("DigestMismatch", `${title} has the digest ${found}, expected was ${digest}.`);
  return Buffer.concat(chunks, length);
}

export function refuseTooLarge({ title, size = 0, maxSize, limit }: Expected): void {
  if (size <= maxSize) return;
  const raise = limit === undefined ? "" : `, or let whoever runs Ebb raise ${limit} of its chart`;
  throw new SourceRefused(
    "ModuleTooLarge",
    `${title} has ${size} bytes or more; this operator takes at most ${maxSize}. Make it smaller${raise}.`,
  );
}
