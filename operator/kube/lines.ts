/** The lines of a byte stream, whatever the pieces it arrives in: a piece may end inside a line or inside a character. */

const newline = 0x0a;

/** Lines without their end; throws when the stream ends inside one. */
export async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string, void, void> {
  let pending: Uint8Array[] = [];
  for await (const piece of stream) {
    let start = 0;
    for (let end = piece.indexOf(newline); end >= 0; end = piece.indexOf(newline, start)) {
      yield text([...pending, piece.subarray(start, end)]);
      pending = [];
      start = end + 1;
    }
    if (start < piece.length) pending.push(piece.subarray(start));
  }
  if (pending.length > 0) throw new Error("the stream ended inside a line");
}

function text(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString("utf8");
}
