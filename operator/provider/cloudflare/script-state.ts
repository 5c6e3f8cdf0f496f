/** What is remembered of one function's script between passes. All of it can be found out again. */
import { LRUCache } from "lru-cache";
import type { FunctionState } from "../hosted/account.ts";

export interface ScriptState extends FunctionState {
  /** Cloudflare's ids of versions that were uploaded, by Ebb's own name. */
  readonly uploads: LRUCache<string, string>;
  /** The version that the script was made with. */
  created?: { readonly version: string; readonly at: number };
  /** The version that is in the deployment at 0 %. */
  staged?: string | undefined;
  /** The version that was given all requests. */
  deployed?: { readonly id: string; readonly at: number } | undefined;
  /** When the script was told to answer below workers.dev. */
  enabledAt?: number;
}

/** Versions of one script whose ids are remembered: a roll-back uploads nothing. */
const mostUploads = 10;

export function newState(): ScriptState {
  return { uploads: new LRUCache({ max: mostUploads }) };
}
