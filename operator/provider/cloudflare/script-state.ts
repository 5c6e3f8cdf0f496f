/** What is remembered of one function's script between passes. All of it can be found out again. */

import { LRUCache } from "lru-cache";

export interface ScriptState {
  /** The version that was seen to answer. */
  seen?: {
    readonly version: string;
    /** What the list said of the script when it was looked at; another content means that something has changed it. */
    readonly fingerprint: string;
    readonly at: number;
  };
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
  /** A version that is not worth another try for now. */
  refused?: {
    readonly version: string;
    readonly reason: string;
    readonly message: string;
    readonly until: number;
  };
}

/** Versions of one script whose ids are remembered: a roll-back uploads nothing. */
const mostUploads = 10;

export function newState(): ScriptState {
  return { uploads: new LRUCache({ max: mostUploads }) };
}
