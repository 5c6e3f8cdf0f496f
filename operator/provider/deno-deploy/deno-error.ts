/** What Deno Deploy's API says when it does not do what it was asked for. */
import { EdgeApiError } from "../hosted/api-error.ts";
import type { Failure } from "../hosted/outcomes.ts";

export class DenoError extends EdgeApiError<string> {
  override readonly name = "DenoError";

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
