/** What an account has, by one call for all functions, and as old as a caller can bear. */
import type { Clock } from "../../api/clock.ts";
import { SharedReads } from "../../kube/shared-reads.ts";

interface Listed<Item> {
  /** When the call began. */
  readonly at: number;
  readonly byName: ReadonlyMap<string, Item>;
}

export class Listing<Item> {
  readonly #ask: () => Promise<ReadonlyMap<string, Item>>;
  readonly #clock: Clock;
  readonly #reads = new SharedReads<Listed<Item>>();
  #listed: Listed<Item> | undefined;

  /** ask gives all that there is, by name. */
  constructor(ask: () => Promise<ReadonlyMap<string, Item>>, clock: Clock) {
    this.#ask = ask;
    this.#clock = clock;
  }

  /** The item of that name; undefined when there is none. Errors: those of the call, which is made when the list is older than maxAge, in milliseconds. */
  async find(name: string, maxAge: number): Promise<Item | undefined> {
    const since = this.#clock.now() - maxAge;
    const listed = await this.#reads.read(
      "",
      () => (this.#listed !== undefined && this.#listed.at >= since ? this.#listed : undefined),
      () => this.#list(),
    );
    return listed?.byName.get(name);
  }

  /** As find, of a list of any age; `unknown` while there is none. */
  remembered(name: string): Item | "unknown" | undefined {
    return this.#listed === undefined ? "unknown" : this.#listed.byName.get(name);
  }

  /** What a call of ours has made of an item; undefined when it is gone. */
  note(name: string, item: Item | undefined): void {
    if (this.#listed === undefined) return;
    const byName = new Map(this.#listed.byName);
    if (item === undefined) byName.delete(name);
    else byName.set(name, item);
    this.#listed = { ...this.#listed, byName };
  }

  async #list(): Promise<Listed<Item>> {
    const at = this.#clock.now();
    this.#listed = { at, byName: await this.#ask() };
    return this.#listed;
  }
}
