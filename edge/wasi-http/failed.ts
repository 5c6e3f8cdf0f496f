/** How a function of the host answers with the error of its WIT result. */

/** payload is the error's value; the transpiled component looks for it. Anything else that is thrown traps. */
export class Failed extends Error {
  readonly payload: unknown;

  constructor(payload?: unknown) {
    super("a function of WASI answered with an error");
    this.payload = payload;
  }
}

/** A variant of wasi:http/types.error-code. */
export interface ErrorCode {
  readonly tag: string;
  readonly val?: unknown;
}

export function internalError(message: string): ErrorCode {
  return { tag: "internal-error", val: message };
}

/** wasi:io/error.error */
export class IoError {
  readonly #message: string;
  /** What wasi:http makes of it; undefined when it is about something else. */
  readonly code: ErrorCode | undefined;

  constructor(message: string, code?: ErrorCode) {
    this.#message = message;
    this.code = code;
  }

  toDebugString(): string {
    return this.#message;
  }
}

/** wasi:io/streams.stream-error */
export function streamClosed(): Failed {
  return new Failed({ tag: "closed" });
}

/** wasi:io/streams.stream-error */
export function streamFailed(error: IoError): Failed {
  return new Failed({ tag: "last-operation-failed", val: error });
}
