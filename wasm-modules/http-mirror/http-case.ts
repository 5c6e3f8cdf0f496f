/** One request to the mirror, as bytes, and how the answers of two hosts may differ. */

export interface HttpCase {
  readonly title: string;
  readonly method: string;
  /** The request target as it is sent. */
  readonly target: string;
  /** Sent in this spelling and order, beside Host and Connection; text is Latin-1. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** With its length, in Latin-1; none unless given. */
  readonly body?: string;
  /** Sent one after the other with `transfer-encoding: chunked`, in place of body. */
  readonly chunks?: readonly string[];
  /** After the last chunk, as it is sent. */
  readonly trailers?: string;
  /** Milliseconds within which the edge must begin to answer. */
  readonly requestTimeoutMs?: number;
  /** What is the edge's own way; the answers are equal unless given. */
  readonly differs?: Difference;
}

export interface Difference {
  /** For the one who asks why his component behaves otherwise here. */
  readonly why: string;
  /** What the edge answers; what is not named is as wasmtime's. */
  readonly edge: Partial<Told>;
  /** What wasmtime answers, when that is worth a word. */
  readonly wasmtime?: Partial<Told>;
}

/** What a client is told, without what belongs to the connection. */
export interface Told {
  readonly status: number;
  /** By name, in order; names in lower case. */
  readonly headers: readonly string[];
  /** In Latin-1; a long one is its length and its SHA-256. */
  readonly body: string;
  /** False when the connection ended before the message did. */
  readonly isWhole: boolean;
}

export function get(title: string, target: string, more: Partial<HttpCase> = {}): HttpCase {
  return { title, method: "GET", target, ...more };
}

export function post(title: string, target: string, body: string, more: Partial<HttpCase> = {}): HttpCase {
  return { title, method: "POST", target, body, ...more };
}

/** With `transfer-encoding: chunked`. */
export function postChunks(
  title: string,
  target: string,
  chunks: readonly string[],
  more: Partial<HttpCase> = {},
): HttpCase {
  return { title, method: "POST", target, chunks, ...more };
}

/** Answers without one of the module: both hosts say so in words of their own. */
export function failing(reason: string, body: string, why: string): Difference {
  return {
    why,
    edge: {
      status: 500,
      body,
      headers: [
        `content-length: ${body.length}`,
        "content-type: text/plain; charset=utf-8",
        `x-ebb-reason: ${reason}`,
      ],
    },
    wasmtime: { status: 500 },
  };
}
