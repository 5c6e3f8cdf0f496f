/** One request to the auth service and its answer, as data, and the short ways to write common ones. */

/** One request and its answer. `body` is the parsed JSON, undefined for an empty body. */
export type HttpCase = {
  title: string;
  method: string;
  path: string;
  headers: Readonly<Record<string, string>>;
  sends?: string | Uint8Array<ArrayBuffer>;
  status: number;
  allow?: string;
  body: unknown;
  /** Puts fixed words for the random and time-bound parts of an answer, and leaves a wrong answer alone. */
  normalise?: (body: unknown) => unknown;
};

const json = { "content-type": "application/json" };

/** The request part of a case that posts JSON: text as it is, anything else serialised. */
export function post(path: string, sends: unknown): Pick<HttpCase, "method" | "path" | "headers" | "sends"> {
  return {
    method: "POST",
    path,
    headers: json,
    sends: typeof sends === "string" ? sends : JSON.stringify(sends),
  };
}

/** The answer part of a case that is refused. */
export function refused(status: number, field: string, message: string): Pick<HttpCase, "status" | "body"> {
  return { status, body: { error: { field, message } } };
}

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
