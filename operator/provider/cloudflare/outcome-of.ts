/** What became of calls, as an outcome: what a person must do, or when to look again. */
import { pending, type Pending } from "../../api/outcome.ts";
import { BudgetSpent } from "./call-budget.ts";
import { CloudflareError } from "./cloudflare-error.ts";
import { UploadTooLarge } from "./upload.ts";

/** The token cannot be had; the message says which Secret is meant, and not what is in it. */
export class TokenUnavailable extends Error {
  override readonly name = "TokenUnavailable";
  readonly reason: "CredentialsForbidden" | "CredentialsNotFound";

  constructor(reason: TokenUnavailable["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** Milliseconds until what a person must change elsewhere is looked at again: no event tells of it. */
export const recheckMs = 300_000;
const secretRecheckMs = 30_000;
const troubleMs = 5000;

/** Undefined for an error that is not Cloudflare's. */
export function outcomeOf(error: unknown): Pending | undefined {
  if (error instanceof TokenUnavailable) return pending(error.reason, error.message, secretRecheckMs);
  if (error instanceof UploadTooLarge) return pending("ModuleTooLarge", error.message, recheckMs);
  if (error instanceof BudgetSpent) return throttled(error.after);
  if (!(error instanceof CloudflareError)) return undefined;
  const { status, code, retryAfter, message } = error;
  const words = `${code === undefined ? `status ${status}` : `code ${code}`}: ${message}`;
  switch (error.kind) {
    case "credentials":
      return pending(
        "CredentialsRejected",
        `Cloudflare does not take the target's token (${words}). Put a valid one with "Workers Scripts: Edit" for the account into its Secret.`,
        secretRecheckMs,
      );
    case "transient":
      if (status === 429 || code === 971) return throttled(retryAfter ?? recheckMs);
      return pending(
        "EdgeApiUnavailable",
        status === 0
          ? `Cloudflare's API does not answer: ${message}.`
          : `Cloudflare's API failed (${words}). Ebb tries again.`,
        retryAfter ?? troubleMs,
      );
    case "notFound":
    case "refused":
      return pending("EdgeRefused", `Cloudflare refuses the function (${words}).`, recheckMs);
  }
}

function throttled(after: number): Pending {
  return pending(
    "RateLimited",
    "Cloudflare takes no more calls of the target's token for now, at most 1,200 in five minutes. Ebb goes on when it may.",
    after,
  );
}
