/** The calls that bring a version to an app: made with its first revision, or given a further one. */
import { type Outcome, pending } from "../../api/outcome.ts";
import { nameTaken, recheckMs } from "../hosted/outcomes.ts";
import { look } from "../hosted/seen-version.ts";
import { redacted } from "../hosted/send.ts";
import type { Shims } from "../hosted/shims.ts";
import type { Order as HostedOrder } from "../hosted/vendor.ts";
import type { AppState, DenoAccount } from "./account.ts";
import type { Artifact } from "../provider.ts";
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
/** Milliseconds for which a version has answered alone before what others need is taken away. */
const settledMs = 300_000;
/** Characters of a line that is looked for in a log. */
const shortestWord = 6;
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

/**
 * Keeps a revision that nobody wants any more from taking over when its build is over. True when it may take over all the
 * same: what answers now says nothing then, and the version is to be brought there again.
 */
export async function cancelOthers(account: DenoAccount, name: string, version: string): Promise<boolean> {
  const state = account.state(name);
  const { underWay } = state;
  if (underWay === undefined || underWay.version === version) return false;
  if (state.seen?.version === underWay.version) {
    state.underWay = undefined;
    return false;
  }
  try {
    await account.api.cancel(underWay.id);
  } catch (error) {
    // It may be over already, which the newest revision tells.
    if (!(error instanceof DenoError) || !isOver.has(error.status)) throw error;
  }
  const newest = await account.api.newestRevision(name);
  if (newest?.id === underWay.id && newest.status !== "failed" && newest.status !== "skipped") return true;
  state.underWay = undefined;
  return false;
}

/** How a revision is refused that cannot be cancelled any more. */
const isOver: ReadonlySet<number> = new Set([400, 404, 409, 422]);

/**
 * Takes away the secrets of other versions, when the version has answered for so long that no request is on its way to
 * another one.
 */
export async function dropOtherSecrets(
  account: DenoAccount,
  name: string,
  version: string,
  now: number,
): Promise<void> {
  const state = account.state(name);
  const { seen, underWay } = state;
  const isAlone = seen?.version === version && now - seen.at >= settledMs;
  const isLast = underWay === undefined || underWay.version === version;
  if (state.trimmed === version || !isAlone || !isLast) return;
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
  delete state.refused;
  delete state.trimmed;
  return building(name, version);
}

/** Undefined when the version is to be built anew. */
async function outcomeOfBuild(
  order: Order,
  { id, status, failure_reason, created_at }: Revision,
): Promise<Outcome | undefined> {
  const { name, artifact, version, account, state, clock, host } = order;
  switch (status) {
    case "queued":
    case "building":
      state.underWay = { version, id };
      return building(name, version);
    case "succeeded": {
      const { outcome } = await look(order, undefined, version);
      if (outcome.done) state.underWay = undefined;
      const isYoung = clock.now() - Date.parse(created_at) < patienceMs;
      if (outcome.done || outcome.reason !== "Publishing" || isYoung) return outcome;
      return pending(
        "Publishing",
        `App ${name} has built version ${version} as revision ${id}, and ${host} does not answer with it. Check spec.denoDeploy.organization, and that no revision is locked in the app's production timeline.`,
        recheckMs,
      );
    }
    case "failed":
    case "skipped": {
      state.underWay = undefined;
      // A build that somebody has ended is made again, and one that failed when that was told for long enough.
      if (failure_reason === "cancelled" || state.refused?.version === version) return undefined;
      const said = await account.api.buildErrors(id);
      const why = redacted(said.join("\n"), secretWords(artifact), { tail: true });
      const end = failure_reason ?? status;
      return pending("ModuleLoadFailed", `The module cannot be run (${end}): ${why}`, recheckMs);
    }
  }
}

/** Values of Secrets, and their lines: a log may have one a record. */
function secretWords({ secretEnv = {} }: Artifact): string[] {
  const values = Object.values(secretEnv).map(({ value }) => value);
  const lines = values.flatMap((value) => value.split("\n").map((line) => line.trim()));
  return [...values, ...lines.filter((line) => line.length >= shortestWord)];
}

function building(name: string, version: string): Outcome {
  return pending("Publishing", `Deno Deploy builds version ${version} of app ${name}.`, buildMs);
}
