/** The calls that bring a version to a script: made with its first version, or given a further one without a gap. */
import { type Outcome, pending } from "../../api/outcome.ts";
import { recheckMs } from "../hosted/outcomes.ts";
import type { Answering } from "../hosted/probe.ts";
import { look } from "../hosted/seen-version.ts";
import type { Shims } from "../hosted/shims.ts";
import type { Order as HostedOrder } from "../hosted/vendor.ts";
import type { CloudflareAccount } from "./account.ts";
import { tagsOf } from "./names.ts";
import type { ScriptState } from "./script-state.ts";
import { uploadOf } from "./upload.ts";

export interface Order extends HostedOrder<CloudflareAccount> {
  readonly state: ScriptState;
  readonly shims: Shims;
}

/** Milliseconds after which a change that no request follows is looked into. */
const patienceMs = 60_000;

/** Two calls: the script with all requests for its version, and its name below workers.dev. */
export async function createScript(order: Order): Promise<Outcome> {
  const { fn, name, artifact, version, account, shims } = order;
  const tags = tagsOf(fn);
  const form = await uploadOf(artifact, { version, shims, tags });
  await account.api.putScript(name, form);
  account.items.note(name, { id: name, tags });
  order.state.created = { version, at: order.clock.now() };
  await enable(order, name);
  return settle(order);
}

/**
 * Three calls: the version, its place in the deployment at 0 %, and, once Cloudflare's edge has been seen to run it, all
 * requests. A version that was uploaded before is not uploaded again.
 */
export async function updateScript(order: Order, answering: Answering | undefined): Promise<Outcome> {
  const { name, version, account, state, clock } = order;
  const isRecent = (at: number | undefined): boolean => clock.now() - (at ?? -Infinity) < patienceMs;
  if (answering === undefined) {
    // Made by an operator that ended before this, or taken away by somebody.
    if (!isRecent(state.enabledAt)) await enable(order, name);
    else if (state.created?.version === version && isRecent(state.created.at)) return settle(order);
  }
  if (answering?.tag === version) return settle(order);
  const live = await liveVersion(order, name, answering);
  if (live !== undefined && answering === undefined && state.uploads.size === 0)
    state.uploads.set(await account.api.versionTag(name, live), live);
  if (live !== undefined && live === state.uploads.get(version)) return settle(order);
  const id = await uploaded(order, name);
  if (live !== undefined && live !== id) {
    const staged = await stage(order, name, live, id);
    if (staged !== undefined) return staged;
  }
  await account.api.deploy(name, [{ version_id: id, percentage: 100 }]);
  state.staged = undefined;
  state.deployed = { id, at: clock.now() };
  return settle(order);
}

async function enable({ account, state, clock }: Order, name: string): Promise<void> {
  await account.api.enableSubdomain(name);
  state.enabledAt = clock.now();
}

/** Done when the version answers all requests. */
async function settle(order: Order): Promise<Outcome> {
  return (await look(order, undefined, order.version)).outcome;
}

/** What takes all requests now: as Ebb has left it; as requests show; or as the API says. */
async function liveVersion(
  { account, state, clock }: Order,
  name: string,
  answering: Answering | undefined,
): Promise<string | undefined> {
  const { deployed } = state;
  if (deployed !== undefined && clock.now() - deployed.at < patienceMs) return deployed.id;
  const id = deployed === undefined ? answering?.id : undefined;
  const live = id ?? (await account.api.deployedVersion(name));
  if (live !== undefined) state.deployed = { id: live, at: clock.now() };
  return live;
}

async function uploaded({ artifact, version, account, state, shims }: Order, name: string): Promise<string> {
  const known = state.uploads.get(version);
  if (known !== undefined) return known;
  const id = await account.api.uploadVersion(name, await uploadOf(artifact, { version, shims }));
  state.uploads.set(version, id);
  return id;
}

/** Undefined when requests that ask for the version get it, and it can be run. */
async function stage(order: Order, name: string, live: string, id: string): Promise<Outcome | undefined> {
  const { account, state, probe, host, version } = order;
  if (state.staged !== id) {
    await account.api.deploy(name, [
      { version_id: live, percentage: 100 },
      { version_id: id, percentage: 0 },
    ]);
    state.staged = id;
  }
  const answer = await probe(host, { "cloudflare-workers-version-overrides": `${name}="${id}"` });
  if (typeof answer === "string")
    return pending("Publishing", `${host} ${answer} when it is asked for version ${version} at 0 %.`);
  if (answer.id !== id) return pending("Publishing", `${host} does not have version ${version} at 0 % yet.`);
  if (answer.problem === undefined) return undefined;
  return pending("ModuleLoadFailed", `The module cannot be run: ${answer.problem}`, recheckMs);
}
