/** One account as one token sees it: its calls, its scripts, and what is remembered of them. */
import type { Clock } from "../../api/clock.ts";
import type { ApiClient } from "./api-client.ts";
import { newState, type ScriptState } from "./script-state.ts";
import { ScriptsList } from "./scripts-list.ts";

export class Account {
  readonly api: ApiClient;
  readonly scripts: ScriptsList;
  readonly #states = new Map<string, ScriptState>();

  constructor(api: ApiClient, clock: Clock) {
    this.api = api;
    this.scripts = new ScriptsList(api, clock);
  }

  state(script: string): ScriptState {
    const known = this.#states.get(script) ?? newState();
    this.#states.set(script, known);
    return known;
  }

  forget(script: string): void {
    this.#states.delete(script);
  }
}
