/** What became of calls, as an outcome: what a person must do, or when to look again. */
import { pending, type Pending } from "../../api/outcome.ts";
import { type Failure, outcomeOfCalls, outcomeOfFailure, recheckMs, type Words } from "../hosted/outcomes.ts";
import { CloudflareError } from "./cloudflare-error.ts";
import { UploadTooLarge } from "./upload.ts";

const words: Words = {
  name: "Cloudflare",
  rate: ", at most 1,200 in five minutes",
  permission: 'with "Workers Scripts: Edit" for the account',
};

/** Undefined for an error that is not Cloudflare's. */
export function outcomeOf(error: unknown): Pending | undefined {
  if (error instanceof UploadTooLarge) return pending("ModuleTooLarge", error.message, recheckMs);
  if (error instanceof CloudflareError) return outcomeOfFailure(failureOf(error), words);
  return outcomeOfCalls(error, words);
}

function failureOf(error: CloudflareError): Failure {
  const { status, code, retryAfter, message } = error;
  const name = code === undefined ? `status ${status}` : `code ${code}`;
  const isThrottled = status === 429 || code === 971;
  const kind = error.kind === "notFound" ? "refused" : error.kind;
  return {
    kind: isThrottled ? "throttled" : kind,
    status,
    words: status === 0 ? message : `${name}: ${message}`,
    retryAfter,
  };
}
