/** Bytes a module writes, up to a limit. */
export class ByteSink {
  readonly #limit: number;
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Copies chunk; false, and nothing is kept, when it would pass the limit. */
  write(chunk: Uint8Array): boolean {
    if (this.#length + chunk.length > this.#limit) return false;
    this.#chunks.push(chunk.slice());
    this.#length += chunk.length;
    return true;
  }

  read(): Uint8Array<ArrayBuffer> {
    const all = new Uint8Array(this.#length);
    let offset = 0;
    for (const chunk of this.#chunks) {
      all.set(chunk, offset);
      offset += chunk.length;
    }
    return all;
  }
}
