/** wasi:http/types.fields, which are headers, or trailers */
import { Failed } from "./failed.ts";

export type Entry = readonly [name: string, value: Uint8Array];

const tokens = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

/** Belong to a connection, or to the host: wasi:http/types says that a module may not set them. */
const forbidden: ReadonlySet<string> = new Set([
  "connection",
  "host",
  "http2-settings",
  "keep-alive",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-connection",
  "transfer-encoding",
  "upgrade",
]);

/** Of Ebb's own: they do not come in or go out. */
const ownPrefix = "x-ebb-";

export class Fields {
  #entries: Entry[];
  readonly #isFixed: boolean;

  constructor(entries: readonly Entry[] = [], isFixed = false) {
    this.#entries = [...entries];
    this.#isFixed = isFixed;
  }

  static fromList(entries: readonly Entry[]): Fields {
    for (const [name, value] of entries) check(name, [value]);
    return new Fields(entries.map(([name, value]) => [name.toLowerCase(), value]));
  }

  get(name: string): Uint8Array[] {
    const wanted = name.toLowerCase();
    return this.#entries.flatMap(([each, value]) => (each === wanted ? [value] : []));
  }

  has(name: string): boolean {
    return this.get(name).length > 0;
  }

  set(name: string, values: readonly Uint8Array[]): void {
    this.#mutable();
    check(name, values);
    this.#remove(name);
    for (const value of values) this.#entries.push([name.toLowerCase(), value]);
  }

  delete(name: string): void {
    this.#mutable();
    check(name, []);
    this.#remove(name);
  }

  append(name: string, value: Uint8Array): void {
    this.#mutable();
    check(name, [value]);
    this.#entries.push([name.toLowerCase(), value]);
  }

  entries(): Entry[] {
    return [...this.#entries];
  }

  clone(): Fields {
    return new Fields(this.#entries);
  }

  #mutable(): void {
    if (this.#isFixed) throw new Failed({ tag: "immutable" });
  }

  #remove(name: string): void {
    const wanted = name.toLowerCase();
    this.#entries = this.#entries.filter(([each]) => each !== wanted);
  }
}

/** What the module may not set. */
export function fixed(fields: Fields): Fields {
  return new Fields(fields.entries(), true);
}

/** Values are one string for each name, as the runtime joins them; only cookies that are set stay apart. */
export function fieldsOf(headers: Headers): Fields {
  const entries = Array.from(headers, ([name, value]): Entry => [name, bytesOf(value)]);
  return new Fields(
    entries.filter(([name]) => !forbidden.has(name) && !name.startsWith(ownPrefix)),
    true,
  );
}

export function headersOf(fields: Fields): Headers {
  const headers = new Headers();
  for (const [name, value] of fields.entries())
    if (!name.startsWith(ownPrefix)) headers.append(name, textOf(value));
  return headers;
}

/** Undefined when there is not one. */
export function contentLengthOf(fields: Fields): number | undefined {
  const [value, ...more] = fields.get("content-length");
  return value === undefined || more.length > 0 ? undefined : Number(textOf(value));
}

function check(name: string, values: readonly Uint8Array[]): void {
  const isWrong = !tokens.test(name) || values.some((value) => value.some(isControl));
  if (isWrong || (name.toLowerCase() === "content-length" && !values.every(isLength)))
    throw new Failed({ tag: "invalid-syntax" });
  if (forbidden.has(name.toLowerCase())) throw new Failed({ tag: "forbidden" });
}

function isControl(byte: number): boolean {
  return (byte < 0x20 && byte !== 0x09) || byte === 0x7f;
}

function isLength(value: Uint8Array): boolean {
  return /^\d{1,15}$/.test(textOf(value));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The runtime writes and reads values as UTF-8. What is none becomes it, from Latin-1. */
function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  }
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
