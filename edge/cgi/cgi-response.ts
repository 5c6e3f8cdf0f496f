/** Turns what a command wrote to stdout into a response (RFC 3875 section 6, read as WAGI reads it). */

/** The output is no CGI response; the message says why. */
export class BadResponse extends Error {}

const bodyless = new Set([204, 205, 304]);
/** Belong to the connection, or are set from the body itself. */
const notForwarded = new Set([
  "connection",
  "keep-alive",
  "transfer-encoding",
  "upgrade",
  "trailer",
  "status",
]);
const lineFeed = 10;
const carriageReturn = 13;

/** Throws BadResponse. A `Location` without `Status` is a 302, local or not: the client follows it. */
export function cgiResponse(stdout: Uint8Array<ArrayBuffer>, method: string): Response {
  const { fields, body } = split(stdout);
  const location = fields.find(([name]) => name === "location");
  const status = statusOf(fields) ?? (location === undefined ? 200 : 302);
  const typed = fields.some(([name]) => name === "content-type");
  if (!typed && body.length > 0) throw new BadResponse("the output has a body but no Content-Type");
  if (!typed && fields.length === 0) throw new BadResponse("the output has no header");
  const headers = new Headers();
  for (const [name, value] of fields) {
    if (!notForwarded.has(name) && !name.startsWith("x-ebb-")) append(headers, name, value);
  }
  const empty = method === "HEAD" || bodyless.has(status);
  if (method !== "HEAD") headers.delete("content-length");
  return new Response(empty ? null : body, { status, headers });
}

type Field = readonly [name: string, value: string];

function split(stdout: Uint8Array<ArrayBuffer>): { fields: Field[]; body: Uint8Array<ArrayBuffer> } {
  const decoder = new TextDecoder();
  const fields: Field[] = [];
  let at = 0;
  for (;;) {
    const end = stdout.indexOf(lineFeed, at);
    if (end === -1) throw new BadResponse("the output has no blank line after its headers");
    const line = stdout.subarray(at, stdout[end - 1] === carriageReturn && end > at ? end - 1 : end);
    at = end + 1;
    if (line.length === 0) return { fields, body: stdout.subarray(at) };
    fields.push(field(decoder.decode(line)));
  }
}

function field(line: string): Field {
  const colon = line.indexOf(":");
  if (colon < 1) throw new BadResponse("a line before the blank line is no header");
  return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
}

function statusOf(fields: readonly Field[]): number | undefined {
  const value = fields.find(([name]) => name === "status")?.[1];
  if (value === undefined) return undefined;
  const status = /^[2-5]\d\d(?= |$)/.exec(value)?.[0];
  if (status === undefined) throw new BadResponse("Status is no code from 200 to 599");
  return Number(status);
}

function append(headers: Headers, name: string, value: string): void {
  try {
    headers.append(name, value);
  } catch (error) {
    throw new BadResponse("a header's name or value is not allowed in HTTP", { cause: error });
  }
}
