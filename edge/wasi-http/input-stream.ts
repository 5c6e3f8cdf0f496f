/** wasi:io/streams.input-stream, over whatever gives bytes. */
import { streamClosed } from "./failed.ts";
import { Pollable } from "./pollable.ts";

export interface ByteSource {
  /** False when take would give nothing. */
  readonly isReady: boolean;
  /** At most length bytes that are here, empty when there are none yet; throws Failed at the end and when it broke. */
  take(length: number): Uint8Array;
  /** Resolves when isReady may have become true. */
  wait(): Promise<void>;
}

export const emptySource: ByteSource = {
  isReady: true,
  take: () => {
    throw streamClosed();
  },
  wait: async () => undefined,
};

/** Bytes of one read. */
const most = 1024n * 1024n;

export class InputStream {
  readonly #source: ByteSource;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  read(length: bigint): Uint8Array {
    return this.#source.take(Number(length < most ? length : most));
  }

  async blockingRead(length: bigint): Promise<Uint8Array> {
    if (length === 0n) return new Uint8Array();
    while (!this.#source.isReady) await this.#source.wait();
    return this.read(length);
  }

  skip(length: bigint): bigint {
    return BigInt(this.read(length).length);
  }

  async blockingSkip(length: bigint): Promise<bigint> {
    return BigInt((await this.blockingRead(length)).length);
  }

  subscribe(): Pollable {
    return new Pollable(
      () => this.#source.isReady,
      () => this.#source.wait(),
    );
  }
}
