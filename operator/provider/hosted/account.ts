/** One account as one token sees it: what it has, and what is remembered of that. */
import type { Clock } from "../../api/clock.ts";
import { Listing } from "./listing.ts";
import type { SeenState } from "./seen-version.ts";

/** What is remembered of one function between passes. All of it can be found out again. */
export interface FunctionState extends SeenState {
  /** A version that is not worth another try for now. */
  refused?: {
    readonly version: string;
    readonly reason: string;
    readonly message: string;
    readonly until: number;
  };
}

export class Account<Item, State extends FunctionState> {
  readonly items: Listing<Item>;
  readonly #newState: () => State;
  readonly #states = new Map<string, State>();

  /** ask gives all that the account has of ours, by name. */
  constructor(ask: () => Promise<ReadonlyMap<string, Item>>, newState: () => State, clock: Clock) {
    this.items = new Listing(ask, clock);
    this.#newState = newState;
  }

  state(name: string): State {
    const known = this.#states.get(name) ?? this.#newState();
    this.#states.set(name, known);
    return known;
  }

  forget(name: string): void {
    this.#states.delete(name);
  }
}
