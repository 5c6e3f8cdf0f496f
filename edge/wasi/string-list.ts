/** Arguments and environment as WASI gives them: a table of pointers to zero-terminated strings. */
import { errno } from "./errno.ts";
import type { Errno } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";

export class StringList {
  readonly #memory: GuestMemory;
  readonly #strings: readonly Uint8Array[];

  constructor(memory: GuestMemory, strings: readonly string[]) {
    const encoder = new TextEncoder();
    this.#memory = memory;
    this.#strings = strings.map((string) => encoder.encode(`${string}\0`));
  }

  sizes(count: number, bytes: number): Errno {
    const view = this.#memory.view();
    view.setUint32(count, this.#strings.length, true);
    view.setUint32(
      bytes,
      this.#strings.reduce((sum, string) => sum + string.length, 0),
      true,
    );
    return errno.success;
  }

  copy(pointers: number, buffer: number): Errno {
    const view = this.#memory.view();
    const bytes = this.#memory.bytes();
    let at = buffer;
    for (const [index, string] of this.#strings.entries()) {
      view.setUint32(pointers + 4 * index, at, true);
      bytes.set(string, at);
      at += string.length;
    }
    return errno.success;
  }
}
