/** Ways in which a request can go wrong. */
import type { ApiRequest } from "./api-request.ts";

/** What happens in place of the right answer. */
export type Fault =
  | {
      /** The client gets this answer. */
      readonly kind: "answer";
      readonly code: number;
      readonly body: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly commit: boolean;
    }
  /** The connection breaks. */
  | { readonly kind: "drop"; readonly commit: boolean }
  /** Nothing is ever answered. */
  | { readonly kind: "hang"; readonly commit: boolean }
  /** The stream of a watch breaks after so many bytes of its body. */
  | { readonly kind: "cut"; readonly bytes: number };

/** Called with every request before it takes effect; undefined lets it pass. */
export type RequestHook = (request: ApiRequest) => Fault | undefined;

/** An answer with a Status body; with commit the request takes effect all the same. */
export function answerWith(
  code: number,
  reason: string,
  options: { commit?: boolean; retryAfter?: number } = {},
): Fault {
  const message = `injected fault: ${reason}`;
  const body = JSON.stringify({
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Failure",
    message,
    reason,
    code,
  });
  const retry: Record<string, string> =
    options.retryAfter === undefined ? {} : { "retry-after": String(options.retryAfter) };
  return {
    kind: "answer",
    code,
    body,
    headers: { "content-type": "application/json", ...retry },
    commit: options.commit ?? false,
  };
}
