/** wasi:http/types: bodies that come in, and bodies that go out */
import { BodySink, type WrongLength } from "./body-sink.ts";
import { BodySource } from "./body-source.ts";
import { Failed, internalError } from "./failed.ts";
import type { Fields } from "./fields.ts";
import { emptySource, InputStream } from "./input-stream.ts";
import { OutputStream } from "./output-stream.ts";
import { Pollable } from "./pollable.ts";

declare const IdentityTransformStream: new () => TransformStream<Uint8Array, Uint8Array>;
declare const FixedLengthStream: new (length: number) => TransformStream<Uint8Array, Uint8Array>;

export type Readable = ReadableStream<Uint8Array>;

export class IncomingBody {
  readonly #source: BodySource | undefined;
  readonly #isOurs: boolean;
  #isTaken = false;

  /** isOurs: who sends it is told when nobody reads the rest. */
  constructor(body: Readable | null, isOurs: boolean, patience?: number) {
    this.#source = body === null ? undefined : new BodySource(body, patience);
    this.#isOurs = isOurs;
  }

  static finish(body: IncomingBody): FutureTrailers {
    body.#end();
    return new FutureTrailers();
  }

  stream(): InputStream {
    if (this.#isTaken) throw new Failed();
    this.#isTaken = true;
    return new InputStream(this.#source ?? emptySource);
  }

  [Symbol.dispose](): void {
    this.#end();
  }

  #end(): void {
    if (this.#isOurs) this.#source?.cancel();
  }
}

/** The runtime drops the trailers of what comes in: there are none. */
export class FutureTrailers {
  #isTaken = false;

  subscribe(): Pollable {
    return new Pollable(
      () => true,
      async () => undefined,
    );
  }

  get(): unknown {
    if (this.#isTaken) return { tag: "err", val: undefined };
    this.#isTaken = true;
    return { tag: "ok", val: { tag: "ok", val: undefined } };
  }
}

export class OutgoingBody {
  readonly #sink: BodySink;
  readonly #tell: (line: string) => void;
  /** What is written here comes out there. */
  readonly readable: Readable;
  #isTaken = false;

  /** length is that of the headers; tell takes what the module's author should know. */
  constructor(length: number | undefined, wrongLength: WrongLength, tell: (line: string) => void) {
    const stream = length === undefined ? new IdentityTransformStream() : new FixedLengthStream(length);
    this.readable = stream.readable;
    this.#sink = new BodySink(stream.writable, length, wrongLength);
    this.#tell = tell;
  }

  static finish(body: OutgoingBody, trailers?: Fields): void {
    if (trailers !== undefined && trailers.entries().length > 0) {
      body.abort();
      const message = "this edge sends no trailers";
      body.#tell(`wasi:http: ${message}; the body is broken off`);
      throw new Failed(internalError(message));
    }
    const wrong = body.#sink.close();
    if (wrong !== undefined) throw new Failed(wrong);
  }

  write(): OutputStream {
    if (this.#isTaken) throw new Failed();
    this.#isTaken = true;
    return new OutputStream(this.#sink);
  }

  abort(): void {
    this.#sink.abort();
  }

  /** The module has come to its end: it writes no more. */
  end(): void {
    this.#sink.end();
  }

  [Symbol.dispose](): void {
    this.abort();
  }
}
