/** The functions of one target at an edge that others run: each a thing of its own on an account, public at its own name. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import type { Upstream } from "../../api/upstream.ts";
import type { Artifact, Provider } from "../provider.ts";
import type { Account, FunctionState } from "./account.ts";
import { nameTaken, TokenUnavailable } from "./outcomes.ts";
import type { Answering } from "./probe.ts";
import { look, type Looking } from "./seen-version.ts";
import type { Order, Vendor } from "./vendor.ts";

/** Milliseconds for which the list is believed: for what serves, and for what is about to be made or deleted. */
const listedMs = 55_000;
const freshMs = 5000;
/** Milliseconds until what is gone is looked for once more. */
const goneMs = 1000;

/**
 * Caveats: a version takes over when it is published, for all requests at once, and an earlier one does not answer beside it.
 * Reasons of what is pending: `Publishing` (the edge does not answer with the version yet), `RateLimited`,
 * `EdgeApiUnavailable`, and for a person `EdgeRefused`, `ModuleTooLarge`, `ModuleLoadFailed`, `NameTaken`,
 * `CredentialsNotFound`, `CredentialsForbidden`, `CredentialsRejected`.
 */
export class HostedProvider<Item extends object, A extends Account<Item, FunctionState>> implements Provider {
  readonly #vendor: Vendor<Item, A>;
  /** What the token opened the last time that there was one. */
  #former: A | undefined;

  constructor(vendor: Vendor<Item, A>) {
    this.#vendor = vendor;
  }

  version(artifact: Artifact): string {
    return this.#vendor.version(artifact);
  }

  upstream({ key }: FunctionIdentity): Upstream {
    return { host: this.#vendor.hostOf(key), port: 443, isPublic: true, headers: {} };
  }

  publish(fn: FunctionIdentity, artifact: Artifact): Promise<Outcome> {
    return this.#settled(async () => {
      const account = await this.#account();
      const version = this.version(artifact);
      const listed = await this.#listed(account, fn);
      if (isUnlisted(listed)) return await this.#lookBlind(account, fn, version, listed);
      if (listed !== undefined) {
        if (!this.#vendor.isOwn(fn, listed)) return this.#nameTaken(fn);
        const { cancelOthers } = this.#vendor;
        const name = this.#vendor.nameOf(fn.key);
        const mayChange = (await cancelOthers?.(account, name, version)) === true;
        const { outcome, answering } = await this.#look(account, fn, listed, version);
        if (outcome.done && !mayChange) return done;
        return this.#work(account, fn, artifact, (order) => this.#update(order, answering));
      }
      // The list may be older than something of that name which is not ours.
      const now = await account.items.find(this.#vendor.nameOf(fn.key), freshMs);
      if (now !== undefined)
        return this.#vendor.isOwn(fn, now) ? this.publish(fn, artifact) : this.#nameTaken(fn);
      return this.#work(account, fn, artifact, (order) => this.#vendor.create(order));
    });
  }

  observe(fn: FunctionIdentity, version: string): Promise<Outcome> {
    return this.#settled(async () => {
      const account = await this.#account();
      const listed = await this.#listed(account, fn);
      if (listed === undefined)
        return pending(
          "Publishing",
          `${this.#vendor.noun} ${this.#vendor.nameOf(fn.key)} is not on the account any more.`,
        );
      if (isUnlisted(listed)) return await this.#lookBlind(account, fn, version, listed);
      return (await this.#look(account, fn, listed, version)).outcome;
    });
  }

  keepOnly(fn: FunctionIdentity, version: string): Promise<Outcome> {
    return this.#settled(async () => {
      const { keepOnly } = this.#vendor;
      await keepOnly?.(await this.#account(), this.#vendor.nameOf(fn.key), version);
      return done;
    });
  }

  retire(fn: FunctionIdentity): Promise<Outcome> {
    return this.#settled(async () => {
      const account = await this.#account().catch((error: unknown) => {
        // A namespace that goes takes its Secrets along first.
        if (error instanceof TokenUnavailable && this.#former !== undefined) return this.#former;
        throw error;
      });
      const name = this.#vendor.nameOf(fn.key);
      const listed = await account.items.find(name, freshMs);
      if (listed === undefined || !this.#vendor.isOwn(fn, listed)) return done;
      await this.#vendor.remove(account, name);
      account.items.note(name, undefined);
      account.forget(name);
      return done;
    });
  }

  async #account(): Promise<A> {
    this.#former = await this.#vendor.account();
    return this.#former;
  }

  /** Of the newest list that can be had. */
  async #listed(account: A, { key }: FunctionIdentity): Promise<Item | Unlisted | undefined> {
    const name = this.#vendor.nameOf(key);
    try {
      return await account.items.find(name, listedMs);
    } catch (error) {
      const outcome = this.#vendor.outcomeOf(error);
      const isOutage = outcome?.reason === "RateLimited" || outcome?.reason === "EdgeApiUnavailable";
      const known = account.items.remembered(name);
      // What serves goes on while the API does not answer; what is not there cannot be made then.
      if (!isOutage || known === undefined) throw error;
      return known === "unknown" ? { unlisted: error } : known;
    }
  }

  /** Done when version answers, whatever the API would say. */
  async #lookBlind(
    account: A,
    fn: FunctionIdentity,
    version: string,
    { unlisted }: Unlisted,
  ): Promise<Outcome> {
    const { outcome } = await this.#look(account, fn, undefined, version);
    if (outcome.done) return outcome;
    throw unlisted;
  }

  #look(account: A, fn: FunctionIdentity, listed: Item | undefined, version: string) {
    const fingerprint = listed === undefined ? undefined : this.#vendor.fingerprint(listed);
    return look(this.#looking(account, fn), fingerprint, version);
  }

  #looking(account: A, { key }: FunctionIdentity): Looking {
    const { probe, clock } = this.#vendor;
    return { probe, clock, state: account.state(this.#vendor.nameOf(key)), host: this.#vendor.hostOf(key) };
  }

  /** What is gone is made again, when the list tells it too. */
  async #update(order: Order<A>, answering: Answering | undefined): Promise<Outcome> {
    try {
      return await this.#vendor.update(order, answering);
    } catch (error) {
      if (!this.#vendor.isGone(error)) throw error;
      const { account, name } = order;
      account.items.note(name, undefined);
      account.forget(name);
      return pending("Publishing", `${this.#vendor.noun} ${name} is not on the account any more.`, goneMs);
    }
  }

  async #work(
    account: A,
    fn: FunctionIdentity,
    artifact: Artifact,
    run: (order: Order<A>) => Promise<Outcome>,
  ): Promise<Outcome> {
    const { clock } = this.#vendor;
    const version = this.version(artifact);
    const name = this.#vendor.nameOf(fn.key);
    const state = account.state(name);
    const { refused } = state;
    if (refused?.version === version && clock.now() < refused.until)
      return pending(refused.reason, refused.message, refused.until - clock.now());
    // Whatever was seen before a change, also one that fails and did its work, says nothing after it.
    delete state.seen;
    const outcome = await this.#settled(() =>
      run({ ...this.#looking(account, fn), fn, artifact, version, account, name }),
    );
    if (!outcome.done && refusals.has(outcome.reason) && outcome.after !== undefined) {
      const { reason, message, after } = outcome;
      state.refused = { version, reason, message, until: clock.now() + after };
    }
    return outcome;
  }

  async #settled(work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (error) {
      const outcome = this.#vendor.outcomeOf(error);
      if (outcome === undefined) throw error;
      return outcome;
    }
  }

  #nameTaken({ key }: FunctionIdentity): Outcome {
    return nameTaken(`${this.#vendor.noun} ${this.#vendor.nameOf(key)}`);
  }
}

/** There was never a list, and this is why. */
interface Unlisted {
  readonly unlisted: unknown;
}

function isUnlisted(listed: object | undefined): listed is Unlisted {
  return listed !== undefined && "unlisted" in listed;
}

/** Every pass would be told the same. */
const refusals: ReadonlySet<string> = new Set(["EdgeRefused", "ModuleTooLarge", "ModuleLoadFailed"]);
