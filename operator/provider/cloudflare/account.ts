/** One account of Cloudflare as one token sees it. */
import type { Clock } from "../../api/clock.ts";
import { Account } from "../hosted/account.ts";
import type { ApiClient, ListedScript } from "./api-client.ts";
import { newState, type ScriptState } from "./script-state.ts";

export class CloudflareAccount extends Account<ListedScript, ScriptState> {
  readonly api: ApiClient;

  constructor(api: ApiClient, clock: Clock) {
    super(async () => new Map((await api.scripts()).map((script) => [script.id, script])), newState, clock);
    this.api = api;
  }
}
