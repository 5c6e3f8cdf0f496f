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

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.status === 403;
}

/** Whether the object was not as the write expected it: 409, or a JSON patch of which a `test` did not hold. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 409 || isRefusedTest(error));
}

/** The API server says no more than this of such a patch; a patch that makes an object invalid names the field. */
function isRefusedTest(error: ApiError): boolean {
  return (
    error.status === 422 &&
    error.message.includes("the server rejected our request due to an error in our request")
  );
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
