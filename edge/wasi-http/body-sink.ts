/** Takes a body's bytes to whoever reads them, at the reader's pace. */
import { type ErrorCode, IoError, streamClosed, streamFailed } from "./failed.ts";
import type { ByteSink } from "./output-stream.ts";
import { Bell } from "./pollable.ts";

/** Bytes on their way at most. */
const buffer = 65_536;

/** The error of a body that is not as long as its headers say; told are the bytes that there were. */
export type WrongLength = (bytes: bigint) => ErrorCode;

export class BodySink implements ByteSink {
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;
  readonly #bell = new Bell();
  readonly #length: number | undefined;
  readonly #wrongLength: WrongLength;
  #onTheWay = 0;
  #written = 0;
  #isTooLong = false;
  #isClosed = false;
  #error: IoError | undefined;

  /** length is what the headers say; any unless given. */
  constructor(stream: WritableStream<Uint8Array>, length: number | undefined, wrongLength: WrongLength) {
    this.#writer = stream.getWriter();
    this.#length = length;
    this.#wrongLength = wrongLength;
    this.#writer.closed.catch((error: unknown) => this.#break(new IoError(String(error))));
  }

  room(): number {
    if (this.#error !== undefined) throw streamFailed(this.#error);
    if (this.#isClosed) throw streamClosed();
    return Math.max(0, buffer - this.#onTheWay);
  }

  write(bytes: Uint8Array): void {
    this.room();
    const left = (this.#length ?? Infinity) - this.#written;
    if (bytes.length > 0) this.#send(bytes.length > left ? bytes.subarray(0, left) : bytes);
    if (bytes.length <= left) return;
    this.#isTooLong = true;
    const code = this.#wrongLength(BigInt(this.#written + bytes.length));
    throw streamFailed(new IoError("the body is longer than its content-length", code));
  }

  #send(bytes: Uint8Array): void {
    this.#written += bytes.length;
    this.#onTheWay += bytes.length;
    this.#writer.write(bytes).then(
      () => {
        this.#onTheWay -= bytes.length;
        this.#bell.ring();
      },
      (error: unknown) => this.#break(new IoError(String(error))),
    );
  }

  wait(): Promise<void> {
    return this.#bell.rings();
  }

  /** Gives what is wrong with the body's length; one that is too short is broken off then. */
  close(): ErrorCode | undefined {
    const wrong = this.#wrongLength(BigInt(this.#written));
    if (this.#length !== undefined && this.#written < this.#length) {
      this.abort();
      return wrong;
    }
    this.#isClosed = true;
    // A reader that has gone is told by closed.
    this.#writer.close().catch(() => undefined);
    return this.#isTooLong ? wrong : undefined;
  }

  /** Of a body that was left open: what was written is all of it. */
  end(): void {
    if (!this.#isClosed) this.close();
  }

  /** Breaks the body off after what was written of it, so that its reader does not take it for whole. */
  abort(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    void this.#breakOff();
  }

  async #breakOff(): Promise<void> {
    while (this.#onTheWay > 0 && this.#error === undefined) await this.#bell.rings();
    // The headers, too, are sent before this: otherwise there would be no answer at all.
    await new Promise((resolve) => setTimeout(resolve, 0));
    await this.#writer.abort(new Error("the module did not finish the body")).catch(() => undefined);
  }

  #break(error: IoError): void {
    this.#error ??= error;
    this.#bell.ring();
  }
}
