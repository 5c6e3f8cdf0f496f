/** Decides what became of one request, by the project's definition of a lost request. */
import type { ProbeRequest } from "./config.ts";

/** What a client sees of one request: an answer, or the error in its place. */
export type Observation = Answer | Failure;

interface Answer {
  readonly status: number;
  readonly body: string;
  /** The `served-by` header: whoever makes an answer of the application names itself there. */
  readonly servedBy: string | undefined;
}

interface Failure {
  /** Node's error code, or its message. */
  readonly error: string;
  /** The whole request had left before the connection broke. */
  readonly sent: boolean;
}

/**
 * `ok`: the expected answer, and who made it.
 * `transport`: no answer. `foreign`: a 5xx that neither module nor origin made. `wrong`: an answer of another status or
 * body than expected. These three are lost.
 * `unretriable`: a request that is not idempotent and had been sent to a process when that process went away; nobody may
 * send it again, so it is counted apart from the lost ones and shown beside them.
 */
export type Verdict =
  | { readonly kind: "ok"; readonly by: string }
  | { readonly kind: "transport" | "foreign" | "wrong" | "unretriable"; readonly detail: string };

/** How Envoy answers when the process died that it had already sent the request to. */
const brokenBehindGateway = /reset reason: (connection termination|remote reset)/;

/** Methods that any client or proxy may send twice (RFC 9110, section 9.2.2). */
export function isIdempotent(method: string): boolean {
  return ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].includes(method);
}

export function judge(request: ProbeRequest, seen: Observation): Verdict {
  const once = !isIdempotent(request.method);
  if ("error" in seen) return { kind: once && seen.sent ? "unretriable" : "transport", detail: seen.error };
  const detail = `${seen.status} ${seen.body.slice(0, 200)}`;
  if (seen.status >= 500 && seen.servedBy === undefined) {
    return { kind: once && brokenBehindGateway.test(seen.body) ? "unretriable" : "foreign", detail };
  }
  if (seen.status !== request.expect.status || seen.body !== request.expect.body)
    return { kind: "wrong", detail };
  return { kind: "ok", by: seen.servedBy ?? "unknown" };
}
