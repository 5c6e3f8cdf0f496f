/** One target's functions on Cloudflare Workers: a script each, below the account's name at workers.dev. */
import type { Clock } from "../../api/clock.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import type { Upstream } from "../../api/upstream.ts";
import type { Artifact, Provider } from "../provider.ts";
import type { Account } from "./account.ts";
import type { ListedScript } from "./api-client.ts";
import { hostOf, isOwn, scriptName } from "./names.ts";
import { outcomeOf, TokenUnavailable } from "./outcome-of.ts";
import { createScript, updateScript } from "./publish-script.ts";
import type { Probe } from "./probe.ts";
import { look } from "./seen-version.ts";
import type { Shims } from "./shims.ts";
import { cloudflareVersion } from "./version.ts";

/** Milliseconds for which the list of scripts is believed: for what serves, and for what is about to be made or deleted. */
const listedMs = 55_000;
const freshMs = 5000;

export interface CloudflareProviderDeps {
  readonly subdomain: string;
  /** Errors: TokenUnavailable; those of the API server. */
  readonly account: () => Promise<Account>;
  readonly shims: Shims;
  readonly probe: Probe;
  readonly clock: Clock;
}

/**
 * Caveats: a version takes over when it is published, for all requests at once, and an earlier one does not answer beside
 * it; Cloudflare keeps the versions, so nothing is let go before the script itself.
 * Reasons of what is pending: `Publishing` (Cloudflare's edge does not answer with the version yet), `RateLimited`,
 * `EdgeApiUnavailable`, and for a person `EdgeRefused`, `ModuleTooLarge`, `ModuleLoadFailed`, `NameTaken`,
 * `CredentialsNotFound`, `CredentialsForbidden`, `CredentialsRejected`.
 */
export class CloudflareProvider implements Provider {
  readonly #deps: CloudflareProviderDeps;
  /** What the token opened the last time that there was one. */
  #former: Account | undefined;

  constructor(deps: CloudflareProviderDeps) {
    this.#deps = deps;
  }

  version(artifact: Artifact): string {
    return cloudflareVersion(artifact, this.#deps.shims);
  }

  upstream({ key }: FunctionIdentity): Upstream {
    return { host: hostOf(key, this.#deps.subdomain), port: 443, isPublic: true, headers: {} };
  }

  publish(fn: FunctionIdentity, artifact: Artifact): Promise<Outcome> {
    return this.#settled(async () => {
      const account = await this.#account();
      const version = this.version(artifact);
      const listed = await this.#listed(account, fn);
      if (isUnlisted(listed)) return await this.#lookBlind(account, fn, version, listed);
      if (listed !== undefined) {
        if (!isOwn(fn, listed)) return nameTaken(fn);
        const { outcome, answering } = await this.#look(account, fn, listed, version);
        if (outcome.done) return done;
        return this.#work(account, fn, artifact, (order) => updateScript(order, answering));
      }
      // The list may be older than a script of that name which is not ours.
      const now = await account.scripts.find(scriptName(fn.key), freshMs);
      if (now !== undefined) return isOwn(fn, now) ? this.publish(fn, artifact) : nameTaken(fn);
      return this.#work(account, fn, artifact, createScript);
    });
  }

  observe(fn: FunctionIdentity, version: string): Promise<Outcome> {
    return this.#settled(async () => {
      const account = await this.#account();
      const listed = await this.#listed(account, fn);
      if (listed === undefined)
        return pending("Publishing", `Script ${scriptName(fn.key)} is not on the account any more.`);
      if (isUnlisted(listed)) return await this.#lookBlind(account, fn, version, listed);
      return (await this.#look(account, fn, listed, version)).outcome;
    });
  }

  /** The deployment has no other version, and versions out of it cost nothing. */
  keepOnly(): Promise<Outcome> {
    return Promise.resolve(done);
  }

  retire(fn: FunctionIdentity): Promise<Outcome> {
    return this.#settled(async () => {
      const account = await this.#account().catch((error: unknown) => {
        // A namespace that goes takes its Secrets along first.
        if (error instanceof TokenUnavailable && this.#former !== undefined) return this.#former;
        throw error;
      });
      const name = scriptName(fn.key);
      const listed = await account.scripts.find(name, freshMs);
      if (listed === undefined || !isOwn(fn, listed)) return done;
      await account.api.deleteScript(name);
      account.scripts.note(name, undefined);
      account.forget(name);
      return done;
    });
  }

  async #account(): Promise<Account> {
    this.#former = await this.#deps.account();
    return this.#former;
  }

  /** Of the newest list that can be had. */
  async #listed(account: Account, { key }: FunctionIdentity): Promise<ListedScript | Unlisted | undefined> {
    const name = scriptName(key);
    try {
      return await account.scripts.find(name, listedMs);
    } catch (error) {
      const outcome = outcomeOf(error);
      const isOutage = outcome?.reason === "RateLimited" || outcome?.reason === "EdgeApiUnavailable";
      const known = account.scripts.remembered(name);
      // What serves goes on while the API does not answer; what is not there cannot be made then.
      if (!isOutage || known === undefined) throw error;
      return known === "unknown" ? { unlisted: error } : known;
    }
  }

  /** Done when version answers, whatever the API would say. */
  async #lookBlind(
    account: Account,
    fn: FunctionIdentity,
    version: string,
    { unlisted }: Unlisted,
  ): Promise<Outcome> {
    const { outcome } = await this.#look(account, fn, undefined, version);
    if (outcome.done) return outcome;
    throw unlisted;
  }

  #look(account: Account, fn: FunctionIdentity, listed: ListedScript | undefined, version: string) {
    const { probe, clock, subdomain } = this.#deps;
    const state = account.state(scriptName(fn.key));
    return look({ probe, clock, state, host: hostOf(fn.key, subdomain) }, listed, version);
  }

  async #work(
    account: Account,
    fn: FunctionIdentity,
    artifact: Artifact,
    run: (order: Parameters<typeof createScript>[0]) => Promise<Outcome>,
  ): Promise<Outcome> {
    const { probe, clock, subdomain, shims } = this.#deps;
    const version = this.version(artifact);
    const state = account.state(scriptName(fn.key));
    const { refused } = state;
    if (refused?.version === version && clock.now() < refused.until)
      return pending(refused.reason, refused.message, refused.until - clock.now());
    const outcome = await this.#settled(() =>
      run({ fn, artifact, version, account, state, shims, probe, clock, host: hostOf(fn.key, subdomain) }),
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
      const outcome = outcomeOf(error);
      if (outcome === undefined) throw error;
      return outcome;
    }
  }
}

/** There was never a list, and this is why. */
interface Unlisted {
  readonly unlisted: unknown;
}

function isUnlisted(listed: ListedScript | Unlisted | undefined): listed is Unlisted {
  return listed !== undefined && "unlisted" in listed;
}

/** Every pass would be told the same. */
const refusals: ReadonlySet<string> = new Set(["EdgeRefused", "ModuleTooLarge", "ModuleLoadFailed"]);

function nameTaken({ key }: FunctionIdentity): Outcome {
  return pending(
    "NameTaken",
    `Script ${scriptName(key)} of the account is not this function's, which needs its name. Remove it.`,
    60_000,
  );
}
