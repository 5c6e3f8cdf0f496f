/** What Cloudflare's API says when it does not do what it was asked for. */
import { EdgeApiError } from "../hosted/api-error.ts";

/** Worth another try: throttled, an internal error, changed by somebody else at the same time. */
const transientCodes: ReadonlySet<number> = new Set([971, 10_013, 10_035]);
const credentialCodes: ReadonlySet<number> = new Set([9106, 9109, 10_000, 10_001]);
const notFoundCodes: ReadonlySet<number> = new Set([10_007, 10_090]);

export class CloudflareError extends EdgeApiError<number> {
  override readonly name = "CloudflareError";

  get kind(): "credentials" | "notFound" | "transient" | "refused" {
    const { status, code = 0 } = this;
    if (transientCodes.has(code) || status === 429 || status === 408 || status >= 500 || status === 0)
      return "transient";
    if (credentialCodes.has(code) || status === 401 || (status === 403 && this.code === undefined))
      return "credentials";
    if (notFoundCodes.has(code)) return "notFound";
    return "refused";
  }
}
