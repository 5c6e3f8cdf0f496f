/** What became of work at an edge that others run, as an outcome: what a person must do, or when to look again. */
import { pending, type Pending } from "../../api/outcome.ts";
import { BudgetSpent } from "./call-budget.ts";

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

/** How an edge is spoken of. */
export interface Words {
  readonly name: string;
  /** A sentence's part on the calls that it takes. */
  readonly rate: string;
  /** Of the target's token. */
  readonly permission: string;
}

/** What an edge's API said when it did not do what it was asked for. */
export interface Failure {
  readonly kind: "credentials" | "transient" | "throttled" | "refused";
  /** 0 when there was no answer. */
  readonly status: number;
  /** Status or code, and the API's own message; no secret. */
  readonly words: string;
  /** Milliseconds that it asks to wait. */
  readonly retryAfter: number | undefined;
}

/** Undefined for an error that has nothing to do with calls. */
export function outcomeOfCalls(error: unknown, words: Words): Pending | undefined {
  if (error instanceof TokenUnavailable) return pending(error.reason, error.message, secretRecheckMs);
  if (error instanceof BudgetSpent) return throttled(error.after, words);
  return undefined;
}

export function outcomeOfFailure(failure: Failure, words: Words): Pending {
  const { kind, status, retryAfter } = failure;
  switch (kind) {
    case "credentials":
      return pending(
        "CredentialsRejected",
        `${words.name} does not take the target's token (${failure.words}). Put a valid one ${words.permission} into its Secret.`,
        secretRecheckMs,
      );
    case "throttled":
      return throttled(retryAfter ?? recheckMs, words);
    case "transient":
      return pending(
        "EdgeApiUnavailable",
        status === 0
          ? `${words.name}'s API does not answer: ${failure.words}.`
          : `${words.name}'s API failed (${failure.words}). Ebb tries again.`,
        retryAfter ?? troubleMs,
      );
    case "refused":
      return pending("EdgeRefused", `${words.name} refuses the function (${failure.words}).`, recheckMs);
  }
}

/** what is its kind and name at the edge. */
export function nameTaken(what: string): Pending {
  return pending(
    "NameTaken",
    `${what} of the account is not this function's, which needs its name. Remove it.`,
    60_000,
  );
}

function throttled(after: number, { name, rate }: Words): Pending {
  return pending(
    "RateLimited",
    `${name} takes no more calls of the target's token for now${rate}. Ebb goes on when it may.`,
    after,
  );
}
