/** The memory of one instance; views are made anew on each call because growth detaches the old buffer. */

export class GuestMemory {
  #memory: WebAssembly.Memory | undefined;

  /** Called once, after instantiation and before the first WASI call. */
  attach(memory: WebAssembly.Memory): void {
    this.#memory = memory;
  }

  view(): DataView {
    return new DataView(this.#buffer());
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#buffer());
  }

  /** The buffers that count iovecs at pointer name, in order. */
  vectors(pointer: number, count: number): Uint8Array[] {
    const view = this.view();
    const bytes = this.bytes();
    return Array.from({ length: count }, (_, index) => {
      const start = view.getUint32(pointer + 8 * index, true);
      const length = view.getUint32(pointer + 8 * index + 4, true);
      return bytes.subarray(start, start + length);
    });
  }

  #buffer(): ArrayBuffer {
    if (this.#memory === undefined)
      throw new Error("a WASI function was called before the module was started");
    return this.#memory.buffer;
  }
}
