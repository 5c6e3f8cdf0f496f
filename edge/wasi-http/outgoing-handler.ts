/** wasi:http/outgoing-handler: requests of the module, which go where spec.egress.allow lets them */
import { IncomingBody } from "./bodies.ts";
import { type ErrorCode, Failed, internalError } from "./failed.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import type { OutgoingRequest, RequestOptions } from "./outgoing-request.ts";
import { Bell, Pollable } from "./pollable.ts";

export class IncomingResponse {
  readonly #response: Response;
  readonly #patience: number | undefined;
  #isConsumed = false;

  /** patience: milliseconds that each part of the body may take; any time unless given. */
  constructor(response: Response, patience: number | undefined) {
    this.#response = response;
    this.#patience = patience;
  }

  status(): number {
    return this.#response.status;
  }

  headers(): Fields {
    return fieldsOf(this.#response.headers);
  }

  consume(): IncomingBody {
    if (this.#isConsumed) throw new Failed();
    this.#isConsumed = true;
    return new IncomingBody(this.#response.body, true, this.#patience);
  }
}

type Arrived =
  | { readonly tag: "ok"; readonly val: IncomingResponse }
  | { readonly tag: "err"; readonly val: ErrorCode };

export class FutureIncomingResponse {
  readonly #bell = new Bell();
  #arrived: Arrived | undefined;
  #isTaken = false;

  constructor(response: Promise<Arrived>) {
    void response.then((arrived) => {
      this.#arrived = arrived;
      this.#bell.ring();
    });
  }

  subscribe(): Pollable {
    return new Pollable(
      () => this.#arrived !== undefined,
      () => this.#bell.rings(),
    );
  }

  /** option<result<result<incoming-response, error-code>>>: the outer error is that it was taken before. */
  get(): unknown {
    if (this.#arrived === undefined) return undefined;
    if (this.#isTaken) return { tag: "err", val: undefined };
    this.#isTaken = true;
    return { tag: "ok", val: this.#arrived };
  }
}

/** tell takes why a request was not let out. */
export function createHandle(tell: (line: string) => void) {
  return (request: OutgoingRequest, options?: RequestOptions): FutureIncomingResponse =>
    new FutureIncomingResponse(send(request, options, tell));
}

async function send(
  request: OutgoingRequest,
  options: RequestOptions | undefined,
  tell: (line: string) => void,
): Promise<Arrived> {
  const stop = new AbortController();
  const limit = headersLimit(options);
  const timer = limit === undefined ? undefined : setTimeout(() => stop.abort(), limit);
  try {
    const { url, init } = request.fetchInput();
    const response = await fetch(url, { ...init, signal: stop.signal });
    return { tag: "ok", val: new IncomingResponse(response, milliseconds(options?.betweenBytesTimeout())) };
  } catch (error) {
    if (error instanceof Failed) return { tag: "err", val: error.payload as ErrorCode };
    if (stop.signal.aborted) return { tag: "err", val: { tag: "connection-read-timeout" } };
    return { tag: "err", val: codeOf(error instanceof Error ? error.message : String(error), tell) };
  } finally {
    clearTimeout(timer);
  }
}

/** The runtime does not tell connecting from waiting: together they may take as long as both. */
function headersLimit(options: RequestOptions | undefined): number | undefined {
  const first = milliseconds(options?.firstByteTimeout());
  if (first === undefined) return undefined;
  return first + (milliseconds(options?.connectTimeout()) ?? 0);
}

function milliseconds(nanoseconds: bigint | undefined): number | undefined {
  return nanoseconds === undefined ? undefined : Number(nanoseconds / 1_000_000n);
}

function codeOf(message: string, tell: (line: string) => void): ErrorCode {
  if (/spec\.egress\.allow|not permitted to access the internet/.test(message)) {
    tell(`wasi:http: a request was not let out: ${message}`);
    return { tag: "HTTP-request-denied" };
  }
  if (/refused/i.test(message)) return { tag: "connection-refused" };
  if (/connection lost|reset|disconnected/i.test(message)) return { tag: "HTTP-protocol-error" };
  return internalError(message);
}
