/** One thing for each token, such as what counts its calls: all that a token is used for shares it. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";

/** Tokens that are remembered, by their digests; former ones go first. */
const most = 64;

export class ByToken<Value extends object> {
  readonly #values = new LRUCache<string, Value>({ max: most });

  /** account is what the token opens. */
  get(account: string, token: string, make: () => Value): Value {
    const id = createHash("sha256").update(`${account}\0${token}`).digest("hex");
    const value = this.#values.get(id) ?? make();
    this.#values.set(id, value);
    return value;
  }
}
