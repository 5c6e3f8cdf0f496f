/** An answer of a server that somebody named. */
import type { Dispatcher } from "undici";
import { collect, type Expected } from "./collect.ts";
import { unreachable } from "./unreachable.ts";

export class WebReply {
  readonly status: number;
  /** Where it came from, after redirects. */
  readonly url: URL;
  readonly #data: Dispatcher.ResponseData;

  constructor(url: URL, data: Dispatcher.ResponseData) {
    this.status = data.statusCode;
    this.url = url;
    this.#data = data;
  }

  /** All values of a header that is there more than once are joined. */
  header(name: string): string | undefined {
    const value = this.#data.headers[name];
    return Array.isArray(value) ? value.join(", ") : value;
  }

  /** Errors: as collect; SourceUnavailable when the connection breaks. */
  async bytes(expected: Expected): Promise<Buffer> {
    const announced = Number(this.header("content-length") ?? Number.NaN);
    try {
      const size = expected.size ?? (Number.isNaN(announced) ? undefined : announced);
      return await collect(this.#chunks(), { ...expected, ...(size === undefined ? {} : { size }) });
    } finally {
      this.#data.body.destroy();
    }
  }

  /** Lets go of the body. */
  async dump(): Promise<void> {
    await this.#data.body.dump();
  }

  async *#chunks(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of this.#data.body) yield chunk as Uint8Array;
    } catch (error) {
      throw unreachable(this.url, error);
    }
  }
}
