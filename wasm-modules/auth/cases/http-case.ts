/** One request to the auth service and its answer, as data, and the short ways to write common ones. */

/** One request and its answer. `body` is the parsed JSON, undefined for an empty body. */
export type HttpCase = {
  title: string;
  method: string;
  /** The request target as it is sent. */
  path: string;
  /** Sent in this spelling; one with several values is sent several times. */
  headers: Readonly<Record<string, string | readonly string[]>>;
  sends?: string | Uint8Array<ArrayBuffer>;
  /** With `transfer-encoding: chunked` instead of a length. */
  chunked?: boolean;
  status: number;
  allow?: string;
  /** `no-store` when it is not there. */
  cache?: string;
  body: unknown;
  /** Puts fixed words for the random and time-bound parts of an answer, and leaves a wrong answer alone. */
  normalise?: (body: unknown) => unknown;
};

/** The parts of a case that make its request. */
export type CaseRequest = Pick<HttpCase, "method" | "path" | "headers" | "sends" | "chunked">;

/** The parts of a case that make its answer. */
export type CaseAnswer = Pick<HttpCase, "status" | "allow" | "cache" | "body">;

const json = { "content-type": "application/json" };

/** A request without a body. */
export function ask(method: string, path: string): CaseRequest {
  return { method, path, headers: {} };
}

/** A request that posts JSON: text as it is, anything else serialised. */
export function post(path: string, sends: unknown): CaseRequest {
  return {
    method: "POST",
    path,
    headers: json,
    sends: typeof sends === "string" || sends instanceof Uint8Array ? bytes(sends) : JSON.stringify(sends),
  };
}

/** The answer to what is right. */
export function ok(body: unknown): CaseAnswer {
  return { status: 200, body };
}

/** The answer to what is refused. */
export function refused(status: number, field: string, message: string): CaseAnswer {
  return { status, body: { error: { field, message } } };
}

/** The answer to another method than those that are allowed. */
export function notAllowed(allow: string): CaseAnswer {
  return { ...refused(405, "method", `must be one of: ${allow}`), allow };
}

/** The answer to a path that no endpoint has. */
export const notFound: CaseAnswer = refused(404, "path", "is not an endpoint of this service");

/** A case of a body that is refused with 400. */
export function invalid(
  title: string,
  path: string,
  sends: unknown,
  field: string,
  message: string,
): HttpCase {
  return { title, ...post(path, sends), ...refused(400, field, message) };
}

/** What the service says about a string that is missing, empty or too long. */
export function textRule(longest: number): string {
  return `must be a string of 1 to ${longest} bytes`;
}

function bytes(text: string | Uint8Array): string | Uint8Array<ArrayBuffer> {
  return typeof text === "string" ? text : Uint8Array.from(text);
}
