/** Brings every pod of a pool to the manifest of its namespace, and knows what each one came to. */
import type { Clock } from "../../api/clock.ts";
import { done, pending } from "../../api/outcome.ts";
import type { Outcome, Pending } from "../../api/outcome.ts";
import type { EdgeFunction } from "../../kube/edge-objects.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { EndpointSlice, Namespace, Pod } from "../../kube/objects.ts";
import { SingleFlight } from "../../kube/single-flight.ts";
import type { Store } from "../../kube/store.ts";
import type { Logger } from "../../telemetry/log.ts";
import type { ArtifactCache } from "./artifact-cache.ts";
import type { Desired, DesiredManifests } from "./desired-manifests.ts";
import { goneFunctions } from "./gone-functions.ts";
import { egressPortsOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { NameTaken } from "./name-taken.ts";
import type { PoolClient } from "./pool-client.ts";
import type { PoolClients } from "./pool-clients.ts";
import type { PoolObjects } from "./pool-objects.ts";
import { areAllReady, poolPods } from "./pool-pods.ts";
import type { PoolPod } from "./pool-pods.ts";
import { PoolPush } from "./pool-push.ts";
import type { ArtifactSource, PodState } from "./pool-push.ts";
import type { PoolSecretEnvs } from "./pool-secret-envs.ts";
import { TrapWatch } from "./trap-watch.ts";
import type { TrappedModule } from "./trap-watch.ts";

export interface PoolLoopDeps {
  readonly client: KubeClient;
  readonly desired: DesiredManifests;
  readonly secretEnvs: PoolSecretEnvs;
  readonly objects: PoolObjects;
  readonly pods: Store<Pod>;
  readonly namespaces: Store<Namespace>;
  readonly edgeFunctions: Store<EdgeFunction>;
  readonly endpointSlices: Store<EndpointSlice>;
  readonly clients: PoolClients;
  readonly artifacts: ArtifactCache;
  readonly source: ArtifactSource;
  /** Tells a function's owner that its module has failed. */
  readonly tellTrap: TellTrap;
  readonly clock: Clock;
  readonly log: Logger;
}

export type TellTrap = (namespace: string, trapped: TrappedModule) => Promise<void>;

/**
 * Guarantees: runs for one namespace never overlap; a pod that does not answer, and an artifact that nobody has, never
 * stop the others; nothing is made in a namespace that is on its way out. Errors: those of the API server, and the
 * reason of the term's end; never a pod's.
 */
export class PoolLoop {
  readonly #deps: PoolLoopDeps;
  readonly #runs: SingleFlight<Outcome>;
  readonly #pushes = new Map<string, PoolPush>();
  readonly #taken = new Map<string, Pending>();
  readonly #traps = new Map<string, TrapWatch>();

  constructor(deps: PoolLoopDeps) {
    this.#deps = deps;
    this.#runs = new SingleFlight((namespace) => this.#run(namespace));
  }

  /**
   * Call it when a pool's ConfigMap, Deployment or pods change, when an EdgeFunction is gone, a second after it was
   * pending (a process that has just started gives no event when it listens), and every half minute (a pod's disk and
   * the certificates' time change without an event). Done when there is no pool, and when every pod holds the manifest.
   * Nothing is written then. `NameTaken`: an object of the pool's name is somebody else's; the pods that there are go
   * on. `Retiring`: a function whose EdgeFunction is gone without having been retired is being let go.
   */
  async reconcile(namespace: string): Promise<Outcome> {
    return this.#runs.run(namespace);
  }

  /** Undefined for a pod that was not asked yet since its process started. */
  state(namespace: string, pod: PoolPod): PodState | undefined {
    return this.#pushes.get(namespace)?.state(pod);
  }

  /** Whether pod has taken nothing for so long that nothing may wait for it any more. */
  hasGivenUp(namespace: string, pod: PoolPod): boolean {
    return this.#pushes.get(namespace)?.hasGivenUp(pod) ?? false;
  }

  /** What the latest run found of the pool's objects: one that is not Ebb's, if there is one. */
  taken(namespace: string): Pending | undefined {
    return this.#taken.get(namespace);
  }

  /** Whether the namespace is on its way out: nothing can be made in it any more. */
  isTerminating(namespace: string): boolean {
    return this.#deps.namespaces.get(undefined, namespace)?.metadata.deletionTimestamp !== undefined;
  }

  async #run(namespace: string): Promise<Outcome> {
    const desired = await this.#deps.desired.read(namespace);
    if (desired === undefined) {
      this.#pushes.delete(namespace);
      this.#taken.delete(namespace);
      this.#traps.delete(namespace);
      this.#deps.objects.forget(namespace);
      this.#deps.secretEnvs.forget(namespace);
      this.#deps.clients.forget(namespace);
      return done;
    }
    const leaving = await this.#letGoneGo(namespace, desired.manifest);
    if (leaving?.isChanged === true) return leaving.outcome;
    if (!this.isTerminating(namespace)) await this.#keepObjects(namespace, desired);
    const pushed = await this.#push(namespace, desired.manifest);
    return this.taken(namespace) ?? leaving?.outcome ?? pushed;
  }

  /** One a run; those that callers are still led to wait until their gateway has let them go. */
  async #letGoneGo(namespace: string, manifest: Manifest) {
    const { desired, log } = this.#deps;
    const gone = await goneFunctions(this.#deps, namespace, manifest);
    const [first = gone[0]] = gone.filter(({ isRouted }) => !isRouted);
    if (first === undefined) return undefined;
    const { key, isRouted } = first;
    const outcome = pending("Retiring", `${key} is let go: its EdgeFunction is gone.`);
    if (isRouted) return { outcome, isChanged: false };
    log.warn(
      { namespace, key },
      "a function is let go whose EdgeFunction is gone without having been retired",
    );
    await desired.change(namespace, key, () => undefined);
    return { outcome, isChanged: true };
  }

  async #keepObjects(namespace: string, { owner, manifest }: Desired): Promise<void> {
    const { objects, pods } = this.#deps;
    try {
      await objects.ensure(namespace, owner, areAllReady(pods, namespace), egressPortsOf(manifest));
      this.#taken.delete(namespace);
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error;
      this.#taken.set(namespace, pending("NameTaken", error.message));
    }
  }

  async #push(namespace: string, manifest: Manifest): Promise<Outcome> {
    const { artifacts, source, clients, clock, log, desired, secretEnvs } = this.#deps;
    const push = this.#pushes.get(namespace) ?? new PoolPush({ namespace, artifacts, source, clock, log });
    this.#pushes.set(namespace, push);
    const pods = poolPods(this.#deps.pods, namespace);
    const secrets = await secretEnvs.read(namespace, async () => (await desired.read(namespace))?.manifest);
    const client = await clients.get(namespace);
    const behind = await push.bring(client, pods, manifest, secrets);
    await this.#watchTraps(namespace, client, pods, push);
    if (behind === undefined) return done;
    return pending("Publishing", `Pod ${behind.name} does not hold the newest manifest yet.`);
  }

  async #watchTraps(
    namespace: string,
    client: PoolClient,
    pods: readonly PoolPod[],
    push: PoolPush,
  ): Promise<void> {
    const { clock, tellTrap } = this.#deps;
    const tell = (trapped: TrappedModule) => tellTrap(namespace, trapped);
    const watch = this.#traps.get(namespace) ?? new TrapWatch({ clock, tell });
    this.#traps.set(namespace, watch);
    await watch.look(client, pods, (pod) => push.state(pod)?.report);
  }
}
