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
import { entryOf } from "../version-entry.ts";
import { versionOf } from "./manifest.ts";
import type { Versions } from "./manifest.ts";
import { NameTaken } from "./name-taken.ts";
import type { PoolLoop } from "./pool-loop.ts";
import { poolPods } from "./pool-pods.ts";
import type { PoolSecretEnvs } from "./pool-secret-envs.ts";
import type { PoolPod } from "./pool-pods.ts";
import { artifactLost, functionStalled, secretsLost } from "./pool-report.ts";
import type { LoadState } from "./pool-report.ts";

export interface WorkerdProviderDeps {
  readonly desired: DesiredManifests;
  readonly secretEnvs: PoolSecretEnvs;
  readonly loop: PoolLoop;
  readonly pods: Store<Pod>;
  readonly artifacts: ArtifactCache;
}

/** What is known of one version on a pod. */
interface Seen {
  readonly pod: PoolPod;
  readonly problem: string | undefined;
  readonly load: LoadState | undefined;
}

/**
 * Reasons of what is pending: `PoolStarting` (no pod is ready), `Publishing` (a ready pod does not have the version
 * yet), `ModuleLoadFailed` (the module runs on no ready pod and cannot: only other bytes help), `NameTaken` (an object of the pool's name is
 * not Ebb's: a person must act), `FunctionStalled` (the version has stalled a pod's process twice: only another one helps), `NamespaceTerminating` (nothing can be published there any more), `Retiring` (a pod
 * still has what was let go; one that has not answered for two minutes is not waited for).
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
    if (this.#deps.loop.isTerminating(fn.namespace))
      return pending("NamespaceTerminating", `Namespace ${fn.namespace} is being deleted.`);
    return this.#settled(fn, "Publishing", async () => {
      await this.#deps.desired.change(fn.namespace, fn.key, (versions) => ({
        ...versions,
        [version]: entryOf(artifact),
      }));
      await this.#keepSecrets(fn, version, artifact);
      return this.#pushed(fn, version, artifact);
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

  /** After the manifest names the version: what no manifest names goes out of the Secret. */
  async #keepSecrets(fn: FunctionIdentity, version: string, { secretEnv = {} }: Artifact): Promise<void> {
    const values = Object.entries(secretEnv).map(([name, { value }]) => [name, value] as const);
    const wanted = await this.#deps.desired.read(fn.namespace);
    if (values.length === 0 || wanted === undefined) return;
    const name = nameOf(fn, version);
    await this.#deps.secretEnvs.ensure(fn.namespace, wanted.owner, name, Object.fromEntries(values));
  }

  /** As served, with the bytes at hand. Where they cannot be had, pods that have them give them to the others. */
  async #pushed(fn: FunctionIdentity, version: string, { digest, bytes }: Artifact): Promise<Outcome> {
    const { artifacts } = this.#deps;
    const before = this.#read(fn, version);
    if (before.done || artifacts.get(digest) !== undefined) return this.#served(fn, version);
    try {
      artifacts.put(digest, await bytes());
    } catch (error) {
      const after = await this.#served(fn, version);
      if (after.done) return after;
      throw error;
    }
    return this.#served(fn, version);
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
    const seen = poolPods(this.#deps.pods, fn.namespace).map((pod): Seen => {
      const state = this.#deps.loop.state(fn.namespace, pod);
      return { pod, problem: state?.problem, load: state?.report?.versions.get(nameOf(fn, version)) };
    });
    const ready = seen.filter(({ pod }) => pod.isReady);
    const behind = ready.find(({ load }) => load?.loaded !== true);
    if (ready.length > 0 && behind === undefined) return done;
    const stalled = seen.find(({ load }) => load?.loaded === false && load.reason === functionStalled);
    if (stalled !== undefined)
      return pending("FunctionStalled", `The function is not run any more: ${failureOf(stalled) ?? ""}.`);
    const failure = seen.map(failureOf).find((message) => message !== undefined);
    // One pod that can load it shows that the module is sound: then it is a pod that is not.
    if (failure !== undefined && !ready.some(({ load }) => load?.loaded === true))
      return pending("ModuleLoadFailed", `The module cannot be loaded: ${failure}`);
    if (behind === undefined)
      return pending("PoolStarting", `No pod of the pool is ready yet, of ${seen.length}.`);
    const problem = behind.problem ?? failureOf(behind);
    return pending("Publishing", `Pod ${behind.pod.name} does not have the version yet${because(problem)}.`);
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

  /** A ready pod that serves, or may serve, versions of fn but the kept, and is not given up. */
  #behind(fn: FunctionIdentity, kept: ReadonlySet<string>): PoolPod | undefined {
    return poolPods(this.#deps.pods, fn.namespace).find((pod) => {
      if (!pod.isReady) return false;
      const names = this.#deps.loop.state(fn.namespace, pod)?.report?.versions.keys();
      if (names === undefined) return !this.#deps.loop.hasGivenUp(fn.namespace, pod);
      return [...names].some((name) => name.startsWith(`${fn.key}/`) && !kept.has(name));
    });
  }

  async #settled(fn: FunctionIdentity, reason: string, work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof NameTaken) return pending("NameTaken", error.message);
      if (isConflict(error))
        return pending(reason, `The pool's state in ${fn.namespace} is being changed by others.`);
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

/** Reasons of what comes with the next push. */
const lostReasons: ReadonlySet<string> = new Set([artifactLost, secretsLost]);

/** Why a pod cannot load the version, if something to push is not what it lacks. */
function failureOf({ load }: Seen): string | undefined {
  return load?.loaded === false && !lostReasons.has(load.reason) ? load.message : undefined;
}

/** A function without versions is no entry. */
function undefinedIfEmpty(versions: Versions): Versions | undefined {
  return Object.keys(versions).length === 0 ? undefined : versions;
}
