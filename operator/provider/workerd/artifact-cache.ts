/** Module bytes that were published lately, by digest, within a limit. */
const limit = 32 * 1024 * 1024;

export class ArtifactCache {
  readonly #bytes = new Map<string, Uint8Array>();
  #size = 0;

  get(digest: string): Uint8Array | undefined {
    const bytes = this.#bytes.get(digest);
    if (bytes !== undefined) this.put(digest, bytes);
    return bytes;
  }

  /** The newest stay; one alone may pass the limit. */
  put(digest: string, bytes: Uint8Array): void {
    this.#remove(digest);
    this.#bytes.set(digest, bytes);
    this.#size += bytes.length;
    for (const oldest of this.#bytes.keys()) {
      if (this.#size <= limit || oldest === digest) return;
      this.#remove(oldest);
    }
  }

  #remove(digest: string): void {
    this.#size -= this.#bytes.get(digest)?.length ?? 0;
    this.#bytes.delete(digest);
  }
}
