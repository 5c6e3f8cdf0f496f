/** What differs among the edges that others run. */
import type { Clock } from "../../api/clock.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import type { Outcome, Pending } from "../../api/outcome.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import type { Artifact } from "../provider.ts";
import type { Account, FunctionState } from "./account.ts";
import type { Answering, Probe } from "./probe.ts";
import type { Looking } from "./seen-version.ts";

/** A version that is to be brought to an edge. */
export interface Order<A> extends Looking {
  readonly fn: FunctionIdentity;
  readonly artifact: Artifact;
  readonly version: string;
  readonly account: A;
  /** What the edge calls the function. */
  readonly name: string;
}

/** Errors of all that is asynchronous: those that outcomeOf knows, and the API server's. */
export interface Vendor<Item, A extends Account<Item, FunctionState>> {
  /** What a function is there, with a capital. */
  readonly noun: string;
  readonly clock: Clock;
  readonly probe: Probe;
  version(artifact: Artifact): string;
  nameOf(key: FunctionKey): string;
  hostOf(key: FunctionKey): string;
  isOwn(fn: FunctionIdentity, item: Item): boolean;
  /** Another one tells that something has changed the item. */
  fingerprint(item: Item): string;
  account(): Promise<A>;
  create(order: Order<A>): Promise<Outcome>;
  /** answering is undefined when nothing of ours answers. */
  update(order: Order<A>, answering: Answering | undefined): Promise<Outcome>;
  /**
   * Ends what is under way for other versions; not given where nothing takes its time. True when that may not have
   * worked: version is then to be brought there again, whatever answers now.
   */
  cancelOthers?(account: A, name: string, version: string): Promise<boolean>;
  /** Lets go of what only other versions need; not given where there is no such thing. */
  keepOnly?(account: A, name: string, version: string): Promise<void>;
  /** Done also when there is none of the name. */
  remove(account: A, name: string): Promise<void>;
  /** Whether an error of update says that there is nothing of the name. */
  isGone(error: unknown): boolean;
  /** Undefined for an error that is not the edge's. */
  outcomeOf(error: unknown): Pending | undefined;
}
