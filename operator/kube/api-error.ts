/** An answer of the API server that is not a success. */
export class ApiError extends Error {
  readonly status: number;
  /** The Status object's reason, such as `Conflict` or `NotFound`; empty when the answer was not a Status. */
  readonly reason: string;
  /** Seconds the server asks to wait. */
  readonly retryAfter: number | undefined;

  constructor(status: number, reason: string, message: string, retryAfter?: number) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.reason = reason;
    this.retryAfter = retryAfter;
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.status === 404;
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 409;
}

/** A request that had no whole answer: it may or may not have taken effect. */
export class RequestError extends Error {
  /** `TIMEOUT`, or the code of the system or of undici, such as `ECONNREFUSED`. */
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.name = "RequestError";
    this.code = code;
  }
}
