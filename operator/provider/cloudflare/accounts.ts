/** The accounts that targets name, one for each token, so that all of a token's calls share one budget. */
import { createHash } from "node:crypto";
import { LRUCache } from "lru-cache";
import type { Dispatcher } from "undici";
import type { Clock } from "../../api/clock.ts";
import { Account } from "./account.ts";
import { ApiClient } from "./api-client.ts";

export interface AccountsOptions {
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  readonly onCall?: ((method: string, status: number) => void) | undefined;
}

/** Accounts that are remembered; those of former tokens go first. */
const most = 64;

export class Accounts {
  readonly #options: AccountsOptions;
  readonly #accounts = new LRUCache<string, Account>({ max: most });

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  get(accountID: string, token: string): Account {
    const id = createHash("sha256").update(`${accountID}\0${token}`).digest("hex");
    const { clock } = this.#options;
    const account =
      this.#accounts.get(id) ?? new Account(new ApiClient({ ...this.#options, accountID, token }), clock);
    this.#accounts.set(id, account);
    return account;
  }
}
