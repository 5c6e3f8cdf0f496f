/** Standard output or error: whole lines go to the log. */
import type { ByteSink } from "./output-stream.ts";

/** Bytes of one line, and of what is kept of the beginning. */
const longestLine = 16_384;
const kept = 16_384;
const lineFeed = 10;

export class LogSink implements ByteSink {
  readonly #log: (line: string) => void;
  readonly #decoder = new TextDecoder();
  #line: number[] = [];
  #beginning = "";

  constructor(log: (line: string) => void) {
    this.#log = log;
  }

  /** The first bytes that were written. */
  get beginning(): string {
    return this.#beginning;
  }

  room(): number {
    return longestLine;
  }

  write(bytes: Uint8Array): void {
    if (this.#beginning.length < kept)
      this.#beginning += new TextDecoder().decode(bytes.subarray(0, kept - this.#beginning.length));
    for (const byte of bytes) {
      if (byte === lineFeed || this.#line.length === longestLine) this.end();
      if (byte !== lineFeed) this.#line.push(byte);
    }
  }

  async wait(): Promise<void> {
    // There is always room.
  }

  /** A line that was begun is one. */
  end(): void {
    if (this.#line.length > 0) this.#log(this.#decoder.decode(Uint8Array.from(this.#line)));
    this.#line = [];
  }
}
