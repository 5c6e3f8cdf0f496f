/** wasi:io/streams.output-stream, into whatever takes bytes. */
import type { InputStream } from "./input-stream.ts";
import { Pollable } from "./pollable.ts";

export interface ByteSink {
  /** Bytes that it takes now; throws Failed when it takes none any more. */
  room(): number;
  /** Throws Failed. */
  write(bytes: Uint8Array): void;
  /** Resolves when there may be more room, or none for ever. */
  wait(): Promise<void>;
}

export class OutputStream {
  readonly #sink: ByteSink;

  constructor(sink: ByteSink) {
    this.#sink = sink;
  }

  checkWrite(): bigint {
    return BigInt(this.#sink.room());
  }

  write(bytes: Uint8Array): void {
    this.#sink.write(bytes);
  }

  /** What was written is on its way without this. */
  flush(): void {
    this.#sink.room();
  }

  async blockingFlush(): Promise<void> {
    while (this.#sink.room() === 0) await this.#sink.wait();
  }

  async blockingWriteAndFlush(bytes: Uint8Array): Promise<void> {
    await this.blockingFlush();
    this.#sink.write(bytes);
    await this.blockingFlush();
  }

  writeZeroes(length: bigint): void {
    this.#sink.write(new Uint8Array(Number(length)));
  }

  async blockingWriteZeroesAndFlush(length: bigint): Promise<void> {
    await this.blockingWriteAndFlush(new Uint8Array(Number(length)));
  }

  splice(source: InputStream, length: bigint): bigint {
    const room = this.checkWrite();
    const bytes = source.read(room < length ? room : length);
    this.#sink.write(bytes);
    return BigInt(bytes.length);
  }

  async blockingSplice(source: InputStream, length: bigint): Promise<bigint> {
    await this.blockingFlush();
    const room = this.checkWrite();
    const bytes = await source.blockingRead(room < length ? room : length);
    this.#sink.write(bytes);
    return BigInt(bytes.length);
  }

  subscribe(): Pollable {
    return new Pollable(
      () => hasRoom(this.#sink),
      () => this.#sink.wait(),
    );
  }
}

/** A sink that is broken or closed is ready to say so. */
function hasRoom(sink: ByteSink): boolean {
  try {
    return sink.room() > 0;
  } catch {
    return true;
  }
}
