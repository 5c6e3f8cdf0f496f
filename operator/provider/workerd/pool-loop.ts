/** Brings every pod of a pool to the manifest of its namespace, and knows what each one came to. */
import { done, pending } from "../../api/outcome.ts";
import type { Outcome } from "../../api/outcome.ts";
import type { Pod } from "../../kube/objects.ts";
import type { Store } from "../../kube/store.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { ArtifactCache } from "./artifact-cache.ts";
import type { DesiredManifests } from "./desired-manifests.ts";
import type { Manifest } from "./manifest.ts";
import type { PoolClients } from "./pool-clients.ts";
import type { PoolObjects } from "./pool-objects.ts";
import { poolPods } from "./pool-pods.ts";
import type { PoolPod } from "./pool-pods.ts";
import { PoolPush } from "./pool-push.ts";
import type { ArtifactSource, PodState } from "./pool-push.ts";
import { SharedRun } from "./shared-run.ts";

export interface PoolLoopDeps {
  readonly desired: DesiredManifests;
  readonly objects: PoolObjects;
  readonly pods: Store<Pod>;
  readonly clients: PoolClients;
  readonly artifacts: ArtifactCache;
  readonly source: ArtifactSource;
  readonly log: Logger;
}

/**
 * Guarantees: runs for one namespace never overlap; a pod that does not answer, and an artifact that nobody has, never
 * stop the others. Errors: those of the API server, and NameTaken; never a pod's.
 */
export class PoolLoop {
  readonly #deps: PoolLoopDeps;
  readonly #runs: SharedRun<Outcome>;
  readonly #pushes = new Map<string, PoolPush>();

  constructor(deps: PoolLoopDeps) {
    this.#deps = deps;
    this.#runs = new SharedRun((namespace) => this.#run(namespace));
  }

  /**
   * Call it when a pool's ConfigMap, Deployment or pods change, a second after it was pending (a process that has just
   * started gives no event when it listens), and every half minute (a pod's disk and the certificates' time change
   * without an event). Done when there is no pool, and when every pod holds the manifest. Nothing is written then.
   */
  async reconcile(namespace: string): Promise<Outcome> {
    return this.#runs.run(namespace);
  }

  /** Undefined for a pod that was not asked yet since its process started. */
  state(namespace: string, pod: PoolPod): PodState | undefined {
    return this.#pushes.get(namespace)?.state(pod);
  }

  async #run(namespace: string): Promise<Outcome> {
    const desired = await this.#deps.desired.read(namespace);
    if (desired === undefined) {
      this.#pushes.delete(namespace);
      this.#deps.objects.forget(namespace);
      this.#deps.clients.forget(namespace);
      return done;
    }
    await this.#deps.objects.ensure(namespace, desired.owner);
    return this.#push(namespace, desired.manifest);
  }

  async #push(namespace: string, manifest: Manifest): Promise<Outcome> {
    const { artifacts, source, clients, log } = this.#deps;
    const push = this.#pushes.get(namespace) ?? new PoolPush({ namespace, artifacts, source, log });
    this.#pushes.set(namespace, push);
    const pods = poolPods(this.#deps.pods, namespace);
    const behind = await push.bring(await clients.get(namespace), pods, manifest);
    if (behind === undefined) return done;
    return pending("Publishing", `Pod ${behind.name} does not hold the newest manifest yet.`);
  }
}
