/** Keeps the objects of a pool as they should be; writes only what differs. */
import type { Clock } from "../../api/clock.ts";
import { poolName } from "../../api/v1alpha1/names.ts";
import { covers } from "../../kube/covers.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { deployments, podDisruptionBudgets, serviceAccounts, services } from "../../kube/objects.ts";
import type { Deployment } from "../../kube/objects.ts";
import type { KubeObject, OwnerReference, Resource } from "../../kube/resource.ts";
import { isOurs } from "../../kube/ours.ts";
import type { Store } from "../../kube/store.ts";
import { NameTaken } from "./name-taken.ts";
import type { PoolAuthority } from "./pool-authority.ts";
import { ensurePoolCertificate } from "./pool-certificate.ts";
import { poolBudget, poolDeployment, poolService, poolServiceAccount } from "./pool-manifests.ts";
import type { PoolManifestInput } from "./pool-manifests.ts";
import type { PoolSpec } from "./pool-spec.ts";

/** How long the objects beside the Deployment, which are not watched, are taken to be as they were seen. */
const recheckAfter = 600_000;

export interface PoolObjectsDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly authority: PoolAuthority;
  readonly deployments: Store<Deployment>;
  readonly edgeImage: string;
  readonly poolSpec: (namespace: string) => PoolSpec;
}

interface Checked {
  readonly at: number;
  readonly ownerUid: string;
  readonly certificate: string;
}

export class PoolObjects {
  readonly #deps: PoolObjectsDeps;
  readonly #checked = new Map<string, Checked>();

  constructor(deps: PoolObjectsDeps) {
    this.#deps = deps;
  }

  /** Throws NameTaken when an object of the pool's name is somebody else's. */
  async ensure(namespace: string, owner: OwnerReference): Promise<void> {
    const { clock, deployments: cached } = this.#deps;
    const checked = this.#checked.get(namespace);
    const isFresh =
      checked !== undefined && checked.ownerUid === owner.uid && clock.now() - checked.at < recheckAfter;
    if (
      isFresh &&
      covers(cached.get(namespace, poolName), this.#deployment(namespace, owner, checked.certificate))
    ) {
      return;
    }
    const certificate = await ensurePoolCertificate(this.#deps, namespace, owner);
    const input = this.#input(namespace, owner, certificate);
    await this.#apply(serviceAccounts, poolServiceAccount(input));
    await this.#apply(services, poolService(input));
    await this.#apply(podDisruptionBudgets, poolBudget(input));
    await this.#apply(deployments, poolDeployment(input));
    this.#checked.set(namespace, { at: clock.now(), ownerUid: owner.uid, certificate });
  }

  /** The namespace's pool is gone. */
  forget(namespace: string): void {
    this.#checked.delete(namespace);
  }

  #deployment(namespace: string, owner: OwnerReference, certificate: string): Deployment {
    return poolDeployment(this.#input(namespace, owner, certificate));
  }

  #input(namespace: string, owner: OwnerReference, certificate: string): PoolManifestInput {
    const { edgeImage, poolSpec } = this.#deps;
    return { namespace, owner, certificate, image: edgeImage, spec: poolSpec(namespace) };
  }

  async #apply<T extends KubeObject>(resource: Resource<T>, wanted: T): Promise<void> {
    const { name, namespace = "" } = wanted.metadata;
    const live = await this.#deps.client.find(resource, { namespace, name });
    if (live !== undefined && !isOurs(live)) throw new NameTaken(resource.kind, { namespace, name });
    if (!covers(live, wanted)) await this.#deps.client.apply(resource, wanted);
  }
}
