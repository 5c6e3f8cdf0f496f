/** wasi:http/types: the answer, and the place where the module puts it */
import { OutgoingBody, type Readable } from "./bodies.ts";
import { Failed, type ErrorCode } from "./failed.ts";
import { contentLengthOf, Fields, fixed, headersOf } from "./fields.ts";

/** Have no body, whatever the module writes. */
const bodyless: ReadonlySet<number> = new Set([101, 204, 205, 304]);

/** The module's answer is none that HTTP, or the runtime, can send; the message says why. */
export class BadResponse extends Error {}

/** What must be told of the request to answer it. */
export interface Exchange {
  readonly method: string;
  /** Takes what the module's author should know. */
  tell(line: string): void;
}

const wrongLength = (val: bigint): ErrorCode => ({ tag: "HTTP-response-body-size", val });

/** The class of one request's answers. */
export function outgoingResponseOf(exchange: Exchange) {
  return class OutgoingResponse {
    readonly #headers: Fields;
    #status = 200;
    #body: OutgoingBody | undefined;

    constructor(headers: Fields) {
      this.#headers = headers;
    }

    statusCode(): number {
      return this.#status;
    }

    setStatusCode(status: number): void {
      if (status < 100 || status > 999) throw new Failed();
      this.#status = status;
    }

    headers(): Fields {
      return fixed(this.#headers);
    }

    body(): OutgoingBody {
      if (this.#body !== undefined) throw new Failed();
      // What is thrown away may have any length: the headers tell that of the answer to a GET.
      const length = exchange.method === "HEAD" ? undefined : contentLengthOf(this.#headers);
      this.#body = new OutgoingBody(length, wrongLength, (line) => exchange.tell(line));
      return this.#body;
    }

    /** Throws BadResponse. */
    response(): Response {
      const status = this.#status;
      if (status < 200 || status > 599) throw new BadResponse(`the status ${status} is not from 200 to 599`);
      const isBodyless = exchange.method === "HEAD" || bodyless.has(status);
      if (isBodyless && this.#body !== undefined) discard(this.#body.readable);
      const headers = headersOf(this.#headers);
      const body = isBodyless ? null : (this.#body?.readable ?? null);
      // The bytes go out as the module wrote them, also when it has compressed them.
      return new Response(body, { status, headers, encodeBody: "manual" } as ResponseInit);
    }

    /** Ends a body that was begun, and neither finished nor dropped. */
    end(): void {
      this.#body?.end();
    }

    /** Breaks off a body that was begun. */
    abort(): void {
      this.#body?.abort();
    }
  };
}

export type OutgoingResponse = InstanceType<ReturnType<typeof outgoingResponseOf>>;

export type Answer =
  | { readonly tag: "ok"; readonly val: OutgoingResponse }
  | { readonly tag: "err"; readonly val: ErrorCode };

export class ResponseOutparam {
  readonly #answer: (answer: Answer) => void;

  constructor(answer: (answer: Answer) => void) {
    this.#answer = answer;
  }

  static set(param: ResponseOutparam, answer: Answer): void {
    param.#answer(answer);
  }
}

/** The module writes on as if somebody read it. */
function discard(body: Readable): void {
  // Broken off by the module: nobody is told of what nobody reads.
  body.pipeTo(new WritableStream()).catch(() => undefined);
}
