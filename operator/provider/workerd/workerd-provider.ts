/** The edge that Ebb runs itself: a pool of workerd pods in each namespace. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, pending } from "../../api/outcome.ts";
import type { Outcome } from "../../api/outcome.ts";
import type { Upstream } from "../../api/upstream.ts";
import { functionHeader, poolName, ports } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { Pod } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { Artifact, Provider } from "../provider.ts";
import type { ArtifactCache } from "./artifact-cache.ts";
import type { DesiredManifests } from "./desired-manifests.ts";
import { entryOf, versionOf } from "./manifest.ts";
import type { Versions } from "./manifest.ts";
import { NameTaken } from "./name-taken.ts";
import type { PoolLoop } from "./pool-loop.ts";
import { poolPods } from "./pool-pods.ts";
import type { PoolPod } from "./pool-pods.ts";
import { artifactLost } from "./pool-report.ts";

export interface WorkerdProviderDeps {
  readonly desired: DesiredManifests;
  readonly loop: PoolLoop;
  readonly pods: Store<Pod>;
  readonly artifacts: ArtifactCache;
}

/**
 * Reasons of what is pending: `PoolStarting` (no pod is ready), `Publishing` (a ready pod does not have the version
 * yet), `ModuleLoadFailed` (the module cannot run: only other bytes help), `NameTaken` (an object of the pool's name is
 * not Ebb's: a person must act), `Retiring` (a pod still has what was let go).
 */
export class WorkerdProvider implements Provider {
  readonly #deps: WorkerdProviderDeps;

  constructor(deps: WorkerdProviderDeps) {
    this.#deps = deps;
  }

  version(artifact: Artifact): string {
    return versionOf(artifact);
  }

  async publish(fn: FunctionIdentity, artifact: Artifact): Promise<Outcome> {
    const version = versionOf(artifact);
    this.#deps.artifacts.put(artifact.digest, artifact.bytes);
    return this.#settled(fn, "Publishing", async () => {
      await this.#deps.desired.change(fn.namespace, fn.key, (versions) => ({
        ...versions,
        [version]: entryOf(artifact),
      }));
      return this.#served(fn, version);
    });
  }

  upstream(fn: FunctionIdentity, version: string): Upstream {
    return {
      host: `${poolName}.${fn.namespace}.svc`,
      port: ports.poolHttp,
      headers: { [functionHeader]: nameOf(fn, version) },
    };
  }

  async observe(fn: FunctionIdentity, version: string): Promise<Outcome> {
    return this.#settled(fn, "Publishing", () => this.#served(fn, version));
  }

  async keepOnly(fn: FunctionIdentity, version: string): Promise<Outcome> {
    const keep = (versions: Versions): Versions | undefined => {
      const entry = versions[version];
      return entry === undefined ? undefinedIfEmpty(versions) : { [version]: entry };
    };
    return this.#settled(fn, "Retiring", async () => {
      await this.#deps.desired.change(fn.namespace, fn.key, keep);
      return this.#adopted(fn);
    });
  }

  async retire(fn: FunctionIdentity): Promise<Outcome> {
    return this.#settled(fn, "Retiring", async () => {
      await this.#deps.desired.change(fn.namespace, fn.key, () => undefined);
      return this.#adopted(fn);
    });
  }

  /** Reads without a request when all pods are known to have it; else brings them there and reads again. */
  async #served(fn: FunctionIdentity, version: string): Promise<Outcome> {
    const before = this.#read(fn, version);
    if (before.done) return before;
    await this.#deps.loop.reconcile(fn.namespace);
    return this.#read(fn, version);
  }

  #read(fn: FunctionIdentity, version: string): Outcome {
    const taken = this.#deps.loop.taken(fn.namespace);
    if (taken !== undefined) return taken;
    const pods = poolPods(this.#deps.pods, fn.namespace);
    const seen = pods.map((pod) => ({ pod, state: this.#deps.loop.state(fn.namespace, pod) }));
    for (const { state } of seen) {
      const load = state?.report?.versions.get(nameOf(fn, version));
      if (load?.loaded === false && load.reason !== artifactLost)
        return pending("ModuleLoadFailed", `The module cannot be loaded: ${load.message}`);
    }
    const ready = seen.filter(({ pod }) => pod.isReady);
    if (ready.length === 0)
      return pending("PoolStarting", `No pod of the pool is ready yet, of ${pods.length}.`);
    const behind = ready.find(
      ({ state }) => state?.report?.versions.get(nameOf(fn, version))?.loaded !== true,
    );
    if (behind === undefined) return done;
    const { pod, state } = behind;
    return pending("Publishing", `Pod ${pod.name} does not have the version yet${because(state?.problem)}.`);
  }

  /** Done when no ready pod serves a version of fn that is not desired. */
  async #adopted(fn: FunctionIdentity): Promise<Outcome> {
    const wanted = await this.#deps.desired.read(fn.namespace);
    if (wanted === undefined) return done;
    const versions = Object.keys(wanted.manifest.functions[fn.key] ?? {});
    const kept = new Set(versions.map((version) => nameOf(fn, version)));
    if (this.#behind(fn, kept) === undefined) return done;
    await this.#deps.loop.reconcile(fn.namespace);
    const pod = this.#behind(fn, kept);
    if (pod === undefined) return done;
    const problem = this.#deps.loop.state(fn.namespace, pod)?.problem;
    return pending("Retiring", `Pod ${pod.name} still holds what was let go${because(problem)}.`);
  }

  /** A ready pod that serves, or may serve, versions of fn but the kept. */
  #behind(fn: FunctionIdentity, kept: ReadonlySet<string>): PoolPod | undefined {
    return poolPods(this.#deps.pods, fn.namespace).find((pod) => {
      if (!pod.isReady) return false;
      const names = this.#deps.loop.state(fn.namespace, pod)?.report?.versions.keys();
      return (
        names === undefined || [...names].some((name) => name.startsWith(`${fn.key}/`) && !kept.has(name))
      );
    });
  }

  async #settled(fn: FunctionIdentity, reason: string, work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NameTaken) return pending("NameTaken", error.message);
      if (isConflict(error))
        return pending(reason, `ConfigMap ${poolName} of ${fn.namespace} is being changed by others.`);
      throw error;
    }
  }
}

function nameOf(fn: FunctionIdentity, version: string): string {
  return `${fn.key}/${version}`;
}

function because(problem: string | undefined): string {
  return problem === undefined ? "" : `: ${problem}`;
}

/** A function without versions is no entry. */
function undefinedIfEmpty(versions: Versions): Versions | undefined {
  return Object.keys(versions).length === 0 ? undefined : versions;
}
