/** What the API of an edge that others run says when it does not do what it was asked for. */
export class EdgeApiError<Code extends string | number> extends Error {
  /** 0 when there was no answer. */
  readonly status: number;
  /** The API's own; undefined in an answer that is none of it. */
  readonly code: Code | undefined;
  /** Milliseconds that it asks to wait. */
  readonly retryAfter: number | undefined;

  /** message is the API's own, and holds no secret. */
  constructor(
    status: number,
    code: Code | undefined,
    message: string,
    options: ErrorOptions & { readonly retryAfter?: number | undefined } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.retryAfter = options.retryAfter;
  }
}
