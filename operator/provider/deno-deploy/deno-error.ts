/** What Deno Deploy's API says when it does not do what it was asked for. */
import type { Failure } from "../hosted/outcomes.ts";

export class DenoError extends Error {
  override readonly name = "DenoError";
  /** 0 when there was no answer. */
  readonly status: number;
  /** Deno's own; undefined in an answer that is none of its API. */
  readonly code: string | undefined;
  /** Milliseconds that it asks to wait. */
  readonly retryAfter: number | undefined;

  /** message is Deno's own, and holds no secret. */
  constructor(
    status: number,
    code: string | undefined,
    message: string,
    options: ErrorOptions & { readonly retryAfter?: number | undefined } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.retryAfter = options.retryAfter;
  }

  get failure(): Failure {
    const { status, code, message, retryAfter } = this;
    const name = code === undefined ? `status ${status}` : `status ${status}, ${code}`;
    return { kind: this.#kind, status, words: status === 0 ? message : `${name}: ${message}`, retryAfter };
  }

  get #kind(): Failure["kind"] {
    const { status } = this;
    if (status === 429) return "throttled";
    if (status === 401 || status === 403) return "credentials";
    if (status === 0 || status === 408 || status === 409 || status >= 500) return "transient";
    return "refused";
  }
}
