/** The bytes of a request's or an answer's body, as they come. */
import { type ErrorCode, IoError, streamClosed, streamFailed } from "./failed.ts";
import type { ByteSource } from "./input-stream.ts";
import { Bell } from "./pollable.ts";

const nothing: Uint8Array = new Uint8Array();

/** Holds one chunk at a time: who sends waits while nobody reads. */
export class BodySource implements ByteSource {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #bell = new Bell();
  /** Milliseconds that one chunk may take; any time unless given. */
  readonly #patience: number | undefined;
  #chunk: Uint8Array = nothing;
  #isReading = false;
  #hasEnded = false;
  #error: IoError | undefined;

  constructor(body: ReadableStream<Uint8Array>, patience?: number) {
    this.#reader = body.getReader();
    this.#patience = patience;
  }

  get isReady(): boolean {
    if (this.#chunk.length > 0 || this.#hasEnded || this.#error !== undefined) return true;
    this.#fill();
    return false;
  }

  take(length: number): Uint8Array {
    if (this.#chunk.length > 0) {
      const taken = this.#chunk.subarray(0, length);
      this.#chunk = this.#chunk.subarray(taken.length);
      return taken;
    }
    if (this.#error !== undefined) throw streamFailed(this.#error);
    if (this.#hasEnded) throw streamClosed();
    this.#fill();
    return nothing;
  }

  async wait(): Promise<void> {
    if (!this.isReady) await this.#bell.rings();
  }

  /** Nobody reads the rest. */
  cancel(): void {
    // What the sender makes of it is no one's to know any more.
    this.#reader.cancel().catch(() => undefined);
  }

  #fill(): void {
    if (this.#isReading) return;
    this.#isReading = true;
    void this.#read().then(() => {
      this.#isReading = false;
      this.#bell.ring();
    });
  }

  async #read(): Promise<void> {
    const late = this.#patience === undefined ? undefined : setTimeout(() => this.#giveUp(), this.#patience);
    try {
      const { done, value } = await this.#reader.read();
      if (done) this.#hasEnded = true;
      else this.#chunk = value;
    } catch (error) {
      this.#error ??= new IoError(String(error), { tag: "HTTP-protocol-error" });
    } finally {
      clearTimeout(late);
    }
  }

  #giveUp(): void {
    const code: ErrorCode = { tag: "connection-read-timeout" };
    this.#error = new IoError("the next part of the body took too long", code);
    this.#bell.ring();
    this.cancel();
  }
}
