/** Asks a function at its own hostname which version answers: what an edge really does, not what its API says. */
import { type Dispatcher, request } from "undici";

export interface Answering {
  /** The edge's own name of the version. */
  readonly id: string;
  /** Ebb's own. */
  readonly tag: string;
  /** Why the module cannot be run. */
  readonly problem?: string;
}

export type Probe = (
  host: string,
  /** What the edge wants told beside. */
  headers?: Readonly<Record<string, string>>,
) => Promise<
  | Answering
  /** Why nothing of ours answers, as part of a sentence. */
  | string
>;

const timeoutMs = 10_000;
/** Bytes; an answer of ours has a few hundred. */
const longest = 4096;

export function createProbe(dispatcher: Dispatcher): Probe {
  return async (host, headers) => {
    try {
      const { statusCode, body } = await request(`https://${host}/`, {
        dispatcher,
        signal: AbortSignal.timeout(timeoutMs),
        headers: { ...headers, "x-ebb-probe": "1", "user-agent": "ebb" },
      });
      const text = await textOf(body);
      return (statusCode === 200 ? answeringIn(text) : undefined) ?? `answers ${statusCode}`;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : undefined;
      return `cannot be reached: ${code ?? (error instanceof Error ? error.name : String(error))}`;
    }
  };
}

async function textOf(body: Dispatcher.ResponseData["body"]): Promise<string> {
  let text = "";
  for await (const chunk of body) {
    text += String(chunk);
    if (text.length > longest) break;
  }
  return text;
}

/** Undefined for what a shim of Ebb does not answer. */
function answeringIn(text: string): Answering | undefined {
  try {
    const { id, tag, problem } = JSON.parse(text) as Partial<Answering>;
    if (typeof id !== "string" || typeof tag !== "string") return undefined;
    return { id, tag, ...(typeof problem === "string" ? { problem } : {}) };
  } catch {
    // The page of something else.
    return undefined;
  }
}
