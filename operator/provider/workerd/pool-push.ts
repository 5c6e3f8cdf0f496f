/** Pushes one namespace's manifest to the pods of its pool. */
import type { Clock } from "../../api/clock.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { ArtifactCache } from "./artifact-cache.ts";
import { manifestDigest, namesOf, namesWithSecrets, withoutArtifacts, withoutVersions } from "./manifest.ts";
import type { Manifest, SecretEnvs } from "./manifest.ts";
import { PoolRequestFailed } from "./pool-client.ts";
import type { PoolClient, PoolOrders } from "./pool-client.ts";
import type { PoolPod } from "./pool-pods.ts";
import { functionStalled, holds, loadCrashed } from "./pool-report.ts";
import type { PoolReport } from "./pool-report.ts";

/** Gives module bytes that the operator may have elsewhere; undefined when it has not. */
export type ArtifactSource = (namespace: string, digest: string) => Promise<Uint8Array | undefined>;

/** What a push needs of a pool's client. */
export type PodConnection = Pick<PoolClient, "getManifest" | "putManifest" | "getArtifact" | "putArtifact">;

export interface PoolPushDeps {
  readonly namespace: string;
  readonly artifacts: ArtifactCache;
  readonly source: ArtifactSource;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Milliseconds for which a pod may take nothing before it is given up. */
const patience = 120_000;
/** Milliseconds between two attempts to load on a pod what its process did not survive and others run. */
const retryAfter = 600_000;

/** What a pod came to; problem is a sentence for a person. */
export interface PodState {
  readonly report?: PoolReport;
  readonly problem?: string;
}

/**
 * Guarantees: a version that no pod has loaded yet is pushed to one pod alone; while that pod has not answered for it,
 * and for ever when loading it ended that pod's process twice, no other pod gets it. So a module that kills its process
 * never takes a whole pool. A version that one pod has found stalled runs on none. A version that runs on some pod is not such a module: it is kept wherever it is, and tried
 * again every ten minutes where it failed.
 */
export class PoolPush {
  readonly #deps: PoolPushDeps;
  #states = new Map<string, PodState>();
  /** Since when pods, by incarnation, have taken nothing, and whether that was told. */
  readonly #failing = new Map<string, { readonly since: number; isTold: boolean }>();
  /** When pods, by name, were last told to try again. */
  readonly #retried = new Map<string, number>();
  /** Versions whose push broke, and on which pod. */
  readonly #suspects = new Map<string, PoolPod>();
  #secrets: SecretEnvs = {};

  constructor(deps: PoolPushDeps) {
    this.#deps = deps;
  }

  state(pod: PoolPod): PodState | undefined {
    return this.#states.get(pod.incarnation);
  }

  /** Whether every request to pod has failed for two minutes: what it still serves is then no one's to wait for. */
  hasGivenUp(pod: PoolPod): boolean {
    const failing = this.#failing.get(pod.incarnation);
    return failing !== undefined && this.#deps.clock.now() - failing.since >= patience;
  }

  /** A pod that does not hold all of manifest that it may after this, if there is one. */
  async bring(
    client: PodConnection,
    pods: readonly PoolPod[],
    manifest: Manifest,
    secrets: SecretEnvs = {},
  ): Promise<PoolPod | undefined> {
    this.#secrets = secrets;
    await this.#ask(client, pods);
    this.#dropSuspects(pods);
    const answering = pods
      .filter((pod) => this.state(pod)?.report !== undefined)
      .toSorted(triesFirst(this.#suspects));
    const [first, ...others] = answering;
    if (first !== undefined && (await this.#bringOne(client, pods, first, manifest))) {
      await Promise.all(others.map((pod) => this.#bringOne(client, pods, pod, manifest)));
    }
    return pods.find((pod) => {
      const report = this.state(pod)?.report;
      return report === undefined || !holds(report, manifestDigest(this.#possible(pod, manifest)), secrets);
    });
  }

  async #ask(client: PodConnection, pods: readonly PoolPod[]): Promise<void> {
    const states = await Promise.all(
      pods.map(
        async (pod) =>
          [pod.incarnation, await this.#attempt(pod, () => client.getManifest(pod.address))] as const,
      ),
    );
    this.#states = new Map(states);
    for (const incarnation of this.#failing.keys())
      if (!this.#states.has(incarnation)) this.#failing.delete(incarnation);
    for (const name of this.#retried.keys())
      if (!pods.some((pod) => pod.name === name)) this.#retried.delete(name);
  }

  /** False when the push broke. */
  async #bringOne(
    client: PodConnection,
    pods: readonly PoolPod[],
    pod: PoolPod,
    manifest: Manifest,
  ): Promise<boolean> {
    const untried = this.#untried(manifest);
    const held = [...untried].filter((name) => isHeld(this.#suspects.get(name), pod));
    const wanted = withoutVersions(this.#possible(pod, manifest), new Set(held));
    const report = this.state(pod)?.report;
    if (report === undefined) return true;
    const orders = { retry: this.#retryable(pod, report), stalled: this.#stalledElsewhere(report, wanted) };
    if (
      orders.retry.length + orders.stalled.length === 0 &&
      holds(report, manifestDigest(wanted), this.#secrets)
    ) {
      this.#failing.delete(pod.incarnation);
      return true;
    }
    const state = await this.#attempt(pod, () => this.#push(client, pods, pod, wanted, orders));
    this.#states.set(pod.incarnation, state);
    if (state.report !== undefined) this.#failing.delete(pod.incarnation);
    for (const name of untried) {
      if (state.report !== undefined) this.#suspects.delete(name);
      else if (!held.includes(name)) this.#suspects.set(name, pod);
    }
    return state.report !== undefined;
  }

  async #push(
    client: PodConnection,
    pods: readonly PoolPod[],
    pod: PoolPod,
    manifest: Manifest,
    orders: PoolOrders,
  ): Promise<PoolReport> {
    const first = await client.putManifest(pod.address, manifest, orders, this.#secrets);
    if (!("missing" in first)) return first;
    const unknown = new Set<string>();
    for (const digest of first.missing) {
      const bytes = await this.#artifact(client, pods, pod, digest);
      if (bytes === undefined) unknown.add(digest);
      else await client.putArtifact(pod.address, digest, bytes);
    }
    const known = withoutArtifacts(manifest, unknown);
    const second = await client.putManifest(pod.address, known, orders, this.#secrets);
    if (!("missing" in second)) return second;
    throw new PoolRequestFailed(`${pod.address} lost artifacts while they were pushed`);
  }

  async #artifact(
    client: PodConnection,
    pods: readonly PoolPod[],
    pod: PoolPod,
    digest: string,
  ): Promise<Uint8Array | undefined> {
    const { artifacts, source, namespace } = this.#deps;
    const bytes = artifacts.get(digest) ?? (await source(namespace, digest));
    if (bytes !== undefined) return bytes;
    for (const peer of pods) {
      if (peer.address === pod.address) continue;
      const copy = await client.getArtifact(peer.address, digest).catch((error: unknown) => {
        if (error instanceof PoolRequestFailed) return undefined;
        throw error;
      });
      if (copy !== undefined) return copy;
    }
    return undefined;
  }

  async #attempt(pod: PoolPod, request: () => Promise<PoolReport>): Promise<PodState> {
    try {
      return { report: await request() };
    } catch (error) {
      if (!(error instanceof PoolRequestFailed)) throw error;
      const { log, namespace } = this.#deps;
      const fields = { namespace, pod: pod.name, reason: error.message };
      log[pod.isReady ? "warn" : "debug"](fields, "a pool pod could not be reached");
      this.#noteFailure(pod);
      return { problem: error.message };
    }
  }

  #noteFailure(pod: PoolPod): void {
    const { clock, log, namespace } = this.#deps;
    const failing = this.#failing.get(pod.incarnation) ?? { since: clock.now(), isTold: false };
    this.#failing.set(pod.incarnation, failing);
    if (failing.isTold || !this.hasGivenUp(pod)) return;
    failing.isTold = true;
    log.warn({ namespace, pod: pod.name }, "a pool pod has taken nothing for two minutes; it is given up");
  }

  #untried(manifest: Manifest): Set<string> {
    const tried = new Set(
      Array.from(this.#states.values(), ({ report }) => [...(report?.versions.keys() ?? [])]).flat(),
    );
    return new Set(namesOf(manifest).filter((name) => !tried.has(name)));
  }

  /** What report says has ended the pod's process, and other pods run; nothing when it was tried a while ago. */
  #retryable(pod: PoolPod, report: PoolReport): string[] {
    const now = this.#deps.clock.now();
    const names = crashedOf(report).filter((name) => this.#runs(name));
    if (names.length === 0 || now - (this.#retried.get(pod.name) ?? -Infinity) < retryAfter) return [];
    this.#retried.set(pod.name, now);
    return names;
  }

  /** What other pods do not run any more because it has stalled them; report does not say so yet. */
  #stalledElsewhere(report: PoolReport, manifest: Manifest): string[] {
    const names = new Set(Array.from(this.#states.values(), (state) => stalledOf(state.report)).flat());
    const known = new Set(stalledOf(report));
    return namesOf(manifest).filter((name) => names.has(name) && !known.has(name));
  }

  #runs(name: string): boolean {
    return [...this.#states.values()].some(({ report }) => report?.versions.get(name)?.loaded === true);
  }

  /**
   * manifest without what has ended another pod's process and runs on none, and without what needs values from Secrets
   * that are not at hand, unless the pod has them already.
   */
  #possible(pod: PoolPod, manifest: Manifest): Manifest {
    const crashed = Array.from(this.#states).flatMap(([incarnation, { report }]) =>
      incarnation === pod.incarnation ? [] : crashedOf(report),
    );
    const versions = this.state(pod)?.report?.versions;
    const lacking = namesWithSecrets(manifest).filter(
      (name) => this.#secrets[name] === undefined && versions?.get(name)?.loaded !== true,
    );
    return withoutVersions(manifest, new Set([...crashed.filter((name) => !this.#runs(name)), ...lacking]));
  }

  /** A pod that is gone cannot answer any more: another one tries. */
  #dropSuspects(pods: readonly PoolPod[]): void {
    for (const [name, suspect] of this.#suspects) {
      if (!pods.some((pod) => pod.name === suspect.name)) this.#suspects.delete(name);
    }
  }
}

function crashedOf(report: PoolReport | undefined): string[] {
  return namesWith(report, loadCrashed);
}

function stalledOf(report: PoolReport | undefined): string[] {
  return namesWith(report, functionStalled);
}

function namesWith(report: PoolReport | undefined, reason: string): string[] {
  return Array.from(report?.versions ?? []).flatMap(([name, state]) =>
    !state.loaded && state.reason === reason ? [name] : [],
  );
}

/** The pod on which a push broke comes first, so that what it was about is settled before the others. */
function triesFirst(suspects: ReadonlyMap<string, PoolPod>): (a: PoolPod, b: PoolPod) => number {
  const names = new Set(Array.from(suspects.values(), (pod) => pod.name));
  return (a, b) => Number(names.has(b.name)) - Number(names.has(a.name));
}

function isHeld(suspect: PoolPod | undefined, pod: PoolPod): boolean {
  return suspect !== undefined && suspect.name !== pod.name;
}
