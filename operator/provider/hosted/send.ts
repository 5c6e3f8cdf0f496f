/** One call of an edge's HTTP API. */
import { type Dispatcher, fetch, type FormData } from "undici";

export interface Call {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | FormData;
}

export interface Sent {
  readonly status: number;
  readonly text: string;
  header(name: string): string | undefined;
  /** Milliseconds that the API asks to wait. */
  readonly retryAfter: number | undefined;
}

/** There was no answer, or no whole one; the message says why, as part of a sentence. */
export class NoAnswer extends Error {
  override readonly name = "NoAnswer";
}

const timeoutMs = 60_000;
/** Characters of an API's words in a message. */
const longestMessage = 600;

/** Errors: NoAnswer. */
export async function send(url: string, call: Call, dispatcher: Dispatcher): Promise<Sent> {
  const answer = await fetch(url, {
    ...call,
    dispatcher,
    redirect: "error",
    signal: AbortSignal.timeout(timeoutMs),
    headers: { ...call.headers, "user-agent": "ebb" },
  }).catch((cause: unknown) => {
    throw new NoAnswer(`it cannot be reached: ${codeOf(cause)}`, { cause });
  });
  const text = await answer.text().catch((cause: unknown) => {
    throw new NoAnswer(`its answer broke off: ${codeOf(cause)}`, { cause });
  });
  const header = (name: string): string | undefined => answer.headers.get(name) ?? undefined;
  const seconds = header("retry-after") ?? "";
  const retryAfter = /^\d+$/.test(seconds) ? Number(seconds) * 1000 : undefined;
  return { status: answer.status, text, header, retryAfter };
}

/** Undefined for what is no JSON: a page of something in between, whose status says enough. */
export function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An API's words on one line, without the secrets that it was told; their end where they are many and `tail` is set. */
export function redacted(
  message: string,
  secrets: readonly string[],
  { tail = false }: { readonly tail?: boolean } = {},
): string {
  let words = message;
  for (const secret of secrets.filter((each) => each !== "")) words = words.replaceAll(secret, "[redacted]");
  const line = words.replaceAll(/\s+/g, " ").trim();
  return tail ? line.slice(-longestMessage) : line.slice(0, longestMessage);
}

function codeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const inner = cause instanceof Error ? cause : error;
  if (inner instanceof Error && "code" in inner && typeof inner.code === "string") return inner.code;
  return inner instanceof Error ? inner.name : String(inner);
}
