/** wasi:http/types: the request that is to be answered */
import { IncomingBody } from "./bodies.ts";
import { Failed } from "./failed.ts";
import { type Fields, fieldsOf } from "./fields.ts";
import { methodOf, schemeOf, type Tagged } from "./method.ts";

export class IncomingRequest {
  readonly #request: Request;
  readonly #url: { readonly scheme: string; readonly authority: string; readonly rest: string };
  #isConsumed = false;

  constructor(request: Request) {
    this.#request = request;
    const [, scheme = "", authority = "", rest = ""] =
      /^([^:]+):\/\/([^/?#]*)([^#]*)/.exec(request.url) ?? [];
    this.#url = { scheme, authority, rest };
  }

  method(): Tagged {
    return methodOf(this.#request.method);
  }

  pathWithQuery(): string {
    return this.#url.rest.startsWith("/") ? this.#url.rest : `/${this.#url.rest}`;
  }

  scheme(): Tagged {
    return schemeOf(this.#url.scheme);
  }

  authority(): string {
    return this.#url.authority;
  }

  headers(): Fields {
    return fieldsOf(this.#request.headers);
  }

  consume(): IncomingBody {
    if (this.#isConsumed) throw new Failed();
    this.#isConsumed = true;
    return new IncomingBody(this.#request.body, false);
  }
}
