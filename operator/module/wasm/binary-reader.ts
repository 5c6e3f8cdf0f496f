/** Reads the encodings that WebAssembly binaries are made of, never past their end. */

/** The bytes are no WebAssembly binary; isTruncated: they end in the middle. */
export class WasmFormatError extends Error {
  override readonly name = "WasmFormatError";
  readonly isTruncated: boolean;

  constructor(message: string, isTruncated: boolean) {
    super(message);
    this.isTruncated = isTruncated;
  }
}

/** Of one list: far more than any toolchain writes, and no more than fit into memory by the dozen. */
const mostItems = 100_000;

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Errors: every call throws WasmFormatError. Guarantees: no copy of the bytes, no memory by a count that they claim. */
export class BinaryReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw this.#truncated();
    this.#at += 1;
    return byte;
  }

  /** Unsigned LEB128 of at most 32 bits. */
  u32(): number {
    const value = this.u64();
    if (value > 0xffff_ffffn) throw this.invalid("a number of more than 32 bits");
    return Number(value);
  }

  /** Unsigned LEB128 of at most 64 bits. */
  u64(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte >= 0x80) continue;
      if (value > 0xffff_ffff_ffff_ffffn) break;
      return value;
    }
    throw this.invalid("a number of more than 64 bits");
  }

  /** LEB128 of any sign, whose value does not matter. */
  skipNumber(): void {
    for (let count = 0; count < 10; count++) if (this.byte() < 0x80) return;
    throw this.invalid("a number of more than 64 bits");
  }

  /** A view of the next length bytes. */
  take(length: number): Uint8Array {
    if (length > this.#bytes.length - this.#at) throw this.#truncated();
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** A length and as many bytes of UTF-8. */
  name(): string {
    const bytes = this.take(this.u32());
    try {
      return utf8.decode(bytes);
    } catch {
      throw this.invalid("a name that is no UTF-8");
    }
  }

  /** A count and as many items, each of which takes at least one byte. */
  list<T>(read: () => T): T[] {
    const items: T[] = [];
    const count = this.u32();
    if (count > mostItems) throw this.invalid(`a list of ${count} items, where ${mostItems} are the most`);
    for (let left = count; left > 0; left--) items.push(read());
    return items;
  }

  invalid(what: string): WasmFormatError {
    return new WasmFormatError(`${what} before byte ${this.#at}`, false);
  }

  #truncated(): WasmFormatError {
    return new WasmFormatError(`it ends after ${this.#bytes.length} bytes, in the middle of a part`, true);
  }
}
