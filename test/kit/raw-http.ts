/** HTTP/1.1 as bytes: sends what a test writes and reads what comes back without forgiving or completing anything. */
import { once } from "node:events";
import { connect } from "node:net";

export type RawHeader = readonly [name: string, value: string];

export interface RawAnswer {
  /** Status lines of the 1xx answers before the last one, each with its headers. */
  readonly early: readonly { readonly status: string; readonly headers: readonly RawHeader[] }[];
  /** Status line without the HTTP version. */
  readonly status: string;
  readonly headers: readonly RawHeader[];
  /** In Latin-1, without the framing of chunks. */
  readonly body: string;
  readonly trailers: readonly RawHeader[];
  /** False when the connection ended before the message did. */
  readonly complete: boolean;
}

/** Sends bytes (Latin-1) and reads until the server closes. hasBody false is for the answer to HEAD. */
export async function exchange(
  address: string,
  port: number,
  bytes: string,
  hasBody = true,
): Promise<RawAnswer> {
  const socket = connect(port, address);
  const received: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => received.push(chunk));
  // A reset after the last byte, or in the middle: what has come tells which.
  socket.on("error", () => socket.destroy());
  socket.write(Buffer.from(bytes, "latin1"));
  await once(socket, "close");
  return parseAnswer(Buffer.concat(received).toString("latin1"), hasBody);
}

/** Reads one final answer. Errors: throws when there is no complete head. */
export function parseAnswer(text: string, hasBody = true): RawAnswer {
  const early: { status: string; headers: RawHeader[] }[] = [];
  for (let rest = text; ; ) {
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0) throw new Error(`no complete head in ${JSON.stringify(rest.slice(0, 200))}`);
    const [first = "", ...lines] = rest.slice(0, end).split("\r\n");
    const status = first.replace(/^HTTP\/\d\.\d /, "");
    const headers = lines.map(parseHeader);
    rest = rest.slice(end + 4);
    if (!status.startsWith("1") || status.startsWith("101"))
      return { early, status, headers, ...readBody(rest, headers, hasBody) };
    early.push({ status, headers });
  }
}

function parseHeader(line: string): RawHeader {
  const colon = line.indexOf(":");
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function readBody(
  rest: string,
  headers: readonly RawHeader[],
  hasBody: boolean,
): Pick<RawAnswer, "body" | "trailers" | "complete"> {
  const valueOf = (wanted: string): string | undefined =>
    headers.find(([name]) => name.toLowerCase() === wanted)?.[1];
  if (!hasBody) return { body: rest, trailers: [], complete: true };
  if (valueOf("transfer-encoding")?.toLowerCase() === "chunked") return readChunks(rest);
  const length = valueOf("content-length");
  return { body: rest, trailers: [], complete: length === undefined || rest.length === Number(length) };
}

function readChunks(text: string): Pick<RawAnswer, "body" | "trailers" | "complete"> {
  const pieces: string[] = [];
  for (let at = 0; ; ) {
    const lineEnd = text.indexOf("\r\n", at);
    const size = Number.parseInt(text.slice(at, lineEnd), 16);
    if (lineEnd < 0 || Number.isNaN(size)) return { body: pieces.join(""), trailers: [], complete: false };
    at = lineEnd + 2;
    if (size === 0) {
      const rest = text.slice(at);
      const trailers = rest.split("\r\n").filter(Boolean).map(parseHeader);
      return { body: pieces.join(""), trailers, complete: rest === "\r\n" || rest.endsWith("\r\n\r\n") };
    }
    pieces.push(text.slice(at, at + size));
    at += size + 2;
  }
}
