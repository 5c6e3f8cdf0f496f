/** wasi:http/types: a request that the module makes, and how it may take */
import { OutgoingBody, type Readable } from "./bodies.ts";
import { type ErrorCode, Failed } from "./failed.ts";
import { contentLengthOf, Fields, fixed, headersOf } from "./fields.ts";
import { methodName, schemeText, type Tagged } from "./method.ts";

const pathForm = /^[/?*][^\s#]*$/;
const authorityForm = /^[^\s/?#@]+$/;
/** fetch sends no body with them. */
const bodyless: ReadonlySet<string> = new Set(["GET", "HEAD"]);

export interface FetchInput {
  readonly url: string;
  readonly init: RequestInit;
}

const wrongLength = (val: bigint): ErrorCode => ({ tag: "HTTP-request-body-size", val });

export class OutgoingRequest {
  readonly #headers: Fields;
  #method: Tagged = { tag: "get" };
  #path: string | undefined;
  #scheme: Tagged | undefined;
  #authority: string | undefined;
  #body: OutgoingBody | undefined;

  constructor(headers: Fields) {
    this.#headers = headers;
  }

  method(): Tagged {
    return this.#method;
  }

  setMethod(method: Tagged): void {
    methodName(method);
    this.#method = method;
  }

  pathWithQuery(): string | undefined {
    return this.#path;
  }

  setPathWithQuery(path: string | undefined): void {
    if (path !== undefined && path !== "" && !pathForm.test(path)) throw new Failed();
    this.#path = path;
  }

  scheme(): Tagged | undefined {
    return this.#scheme;
  }

  setScheme(scheme: Tagged | undefined): void {
    if (scheme !== undefined) schemeText(scheme);
    this.#scheme = scheme;
  }

  authority(): string | undefined {
    return this.#authority;
  }

  setAuthority(authority: string | undefined): void {
    if (authority !== undefined && !authorityForm.test(authority)) throw new Failed();
    this.#authority = authority;
  }

  headers(): Fields {
    return fixed(this.#headers);
  }

  body(): OutgoingBody {
    if (this.#body !== undefined) throw new Failed();
    this.#body = new OutgoingBody(contentLengthOf(this.#headers), wrongLength, () => undefined);
    return this.#body;
  }

  /** Throws Failed when it leads nowhere. */
  fetchInput(): FetchInput {
    const scheme = schemeText(this.#scheme ?? { tag: "HTTPS" });
    if (scheme !== "http" && scheme !== "https") throw new Failed({ tag: "HTTP-protocol-error" });
    if (this.#authority === undefined) throw new Failed({ tag: "HTTP-request-URI-invalid" });
    const method = methodName(this.#method);
    const init = { method, headers: headersOf(this.#headers), redirect: "manual", ...this.#bodyFor(method) };
    const path = this.#path ?? "/";
    const url = `${scheme}://${this.#authority}${path.startsWith("/") ? path : `/${path}`}`;
    // The bytes come in as they were sent: the module sees their content-encoding.
    return { url, init: { ...init, encodeResponseBody: "manual" } as RequestInit };
  }

  #bodyFor(method: string): { readonly body?: Readable } {
    if (this.#body === undefined) return {};
    if (!bodyless.has(method)) return { body: this.#body.readable };
    this.#body.readable.pipeTo(new WritableStream()).catch(() => undefined);
    return {};
  }
}

type Duration = bigint | undefined;

/** Durations are nanoseconds. */
export class RequestOptions {
  #connect: Duration;
  #firstByte: Duration;
  #betweenBytes: Duration;

  connectTimeout(): Duration {
    return this.#connect;
  }

  setConnectTimeout(duration: Duration): void {
    this.#connect = duration;
  }

  firstByteTimeout(): Duration {
    return this.#firstByte;
  }

  setFirstByteTimeout(duration: Duration): void {
    this.#firstByte = duration;
  }

  betweenBytesTimeout(): Duration {
    return this.#betweenBytes;
  }

  setBetweenBytesTimeout(duration: Duration): void {
    this.#betweenBytes = duration;
  }
}
