/** The calls that bring a version to an app: made with its first revision, or given a further one. */
import { type Outcome, pending } from "../../api/outcome.ts";
import { nameTaken, recheckMs } from "../hosted/outcomes.ts";
import { look } from "../hosted/seen-version.ts";
import { redacted } from "../hosted/send.ts";
import type { Shims } from "../hosted/shims.ts";
import type { Order as HostedOrder } from "../hosted/vendor.ts";
import type { AppState, DenoAccount } from "./account.ts";
import type { Revision } from "./api-client.ts";
import { assetsOf, secretsOf } from "./assets.ts";
import { DenoError } from "./deno-error.ts";
import { isOfOtherVersion, isOwn, labelsOf, versionLabel } from "./names.ts";

export interface Order extends HostedOrder<DenoAccount> {
  readonly state: AppState;
  readonly shims: Shims;
}

/** Milliseconds after which a build is looked at again. */
const buildMs = 2000;
/** Milliseconds after which a built revision that does not answer is worth a word. */
const patienceMs = 60_000;

/** Two calls: the app, which has the version's secrets, and its first revision. */
export async function createApp(order: Order): Promise<Outcome> {
  const { fn, name, artifact, version, account } = order;
  try {
    const app = await account.api.createApp(name, labelsOf(fn), secretsOf(artifact, version));
    account.items.note(name, app);
  } catch (error) {
    if (!(error instanceof DenoError) || error.status !== 409) throw error;
    // Somebody else's, or ours that the list does not have yet.
    const app = await account.api.app(name);
    if (!isOwn(fn, app)) return nameTaken(`App ${name}`);
    account.items.note(name, app);
    return updateApp(order);
  }
  return release(order);
}

/**
 * Three calls: whether the newest revision is the version already, the version's secrets if it has any, and its revision.
 * While that is built, one call a look.
 */
export async function updateApp(order: Order): Promise<Outcome> {
  const { name, artifact, version, account } = order;
  const newest = await account.api.newestRevision(name);
  if (newest?.labels?.[versionLabel] === version) {
    const outcome = await outcomeOfBuild(order, newest);
    if (outcome !== undefined) return outcome;
  }
  const secrets = secretsOf(artifact, version);
  if (secrets.length > 0) await account.api.changeVariables(name, secrets);
  return release(order);
}

/** Keeps a revision that nobody wants any more from taking over when its build is over. */
export async function cancelOthers(account: DenoAccount, name: string, version: string): Promise<void> {
  const state = account.state(name);
  const { underWay } = state;
  if (underWay === undefined || underWay.version === version) return;
  state.underWay = undefined;
  if (state.seen?.version === underWay.version) return;
  try {
    await account.api.cancel(underWay.id);
  } catch (error) {
    // It is over already: what answers is looked at, and replaced when it is not the version.
    if (!(error instanceof DenoError) || error.failure.kind !== "refused") throw error;
  }
  delete state.seen;
}

/** Takes away the secrets of other versions. */
export async function dropOtherSecrets(account: DenoAccount, name: string, version: string): Promise<void> {
  const state = account.state(name);
  if (state.trimmed === version) return;
  const variables = await account.api.variables(name);
  const others = variables.filter((key) => isOfOtherVersion(key, version));
  if (others.length > 0) {
    const changes = others.map((key) => ({ key, delete: true }) as const);
    await account.api.changeVariables(name, changes);
  }
  state.trimmed = version;
}

async function release(order: Order): Promise<Outcome> {
  const { name, artifact, version, account, state, shims } = order;
  const assets = await assetsOf(artifact, version, shims);
  const { id } = await account.api.deploy(name, assets, { [versionLabel]: version });
  state.underWay = { version, id };
  // The list does not tell of a revision that takes over.
  delete state.seen;
  delete state.trimmed;
  return building(name, version);
}

/** Undefined when the version is to be built anew. */
async function outcomeOfBuild(
  order: Order,
  { id, status, failure_reason, created_at }: Revision,
): Promise<Outcome | undefined> {
  const { name, artifact, version, account, state, clock, host } = order;
  const age = clock.now() - Date.parse(created_at);
  switch (status) {
    case "queued":
    case "building":
      state.underWay = { version, id };
      return building(name, version);
    case "succeeded": {
      state.underWay = undefined;
      const { outcome } = await look(order, undefined, version);
      if (outcome.done || outcome.reason !== "Publishing" || age < patienceMs) return outcome;
      return pending(
        "Publishing",
        `App ${name} has built version ${version} as revision ${id}, and ${host} does not answer with it. Check spec.denoDeploy.organization, and that no revision is locked in the app's production timeline.`,
        recheckMs,
      );
    }
    case "failed":
    case "skipped": {
      state.underWay = undefined;
      // A build that somebody has ended, or that took too long, is made again.
      if (failure_reason !== "error" || age >= recheckMs) return undefined;
      const said = await account.api.buildErrors(id);
      const secrets = Object.values(artifact.secretEnv ?? {}).map(({ value }) => value);
      const why = redacted(said.slice(-lines).join(" "), secrets);
      return pending("ModuleLoadFailed", `The module cannot be run: ${why}`, recheckMs - age);
    }
  }
}

/** Of the build's log: its end says why. */
const lines = 10;

function building(name: string, version: string): Outcome {
  return pending("Publishing", `Deno Deploy builds version ${version} of app ${name}.`, buildMs);
}
