/** One organization of Deno Deploy as one token sees it. */
import type { Clock } from "../../api/clock.ts";
import { Account, type FunctionState } from "../hosted/account.ts";
import type { App, DenoApi } from "./api-client.ts";

export interface AppState extends FunctionState {
  /** The revision that was made last, while it is not known to be over. */
  underWay?: { readonly version: string; readonly id: string } | undefined;
  /** The version whose secrets alone the app has. */
  trimmed?: string;
}

export class DenoAccount extends Account<App, AppState> {
  readonly api: DenoApi;

  constructor(api: DenoApi, clock: Clock) {
    super(
      async () => new Map((await api.apps()).map((app) => [app.slug, app])),
      () => ({}),
      clock,
    );
    this.api = api;
  }
}
