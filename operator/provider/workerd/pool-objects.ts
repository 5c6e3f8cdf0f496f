/** Keeps the objects of a pool as they should be; writes only what differs. */
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "../../api/clock.ts";
import { poolName } from "../../api/v1alpha1/names.ts";
import { covers } from "../../kube/covers.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { NetworkPolicySettings } from "../../kube/network-rules.ts";
import { deployments, podDisruptionBudgets, serviceAccounts, services } from "../../kube/objects.ts";
import type { Deployment } from "../../kube/objects.ts";
import type { KubeObject, OwnerReference, Resource } from "../../kube/resource.ts";
import { isOurs } from "../../kube/ours.ts";
import { networkPolicies } from "../../kube/policy-objects.ts";
import type { Store } from "../../kube/store.ts";
import { NameTaken } from "./name-taken.ts";
import { poolNetworkPolicy } from "./network-policy.ts";
import type { PoolAuthority } from "./pool-authority.ts";
import { ensurePoolCertificate } from "./pool-certificate.ts";
import { poolBudget, poolDeployment, poolService, poolServiceAccount } from "./pool-manifests.ts";
import type { PoolManifestInput } from "./pool-manifests.ts";
import { presentSpec } from "./pool-spec.ts";
import type { PoolSpec } from "./pool-spec.ts";

/** How long the objects beside the Deployment, which are not watched, are taken to be as they were seen. */
const recheckAfter = 600_000;
/** The same of the certificates: without them no pod starts. */
const recheckCertificateAfter = 45_000;

export interface PoolObjectsDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly authority: PoolAuthority;
  readonly deployments: Store<Deployment>;
  readonly edgeImage: string;
  /** Without them the pool has no NetworkPolicy. */
  readonly networkPolicies?: NetworkPolicySettings | undefined;
  readonly poolSpec: (namespace: string) => PoolSpec | undefined;
}

interface Checked {
  readonly at: number;
  readonly ownerUid: string;
  readonly certificateAt: number;
  readonly certificate: string;
  readonly egressPorts: readonly number[];
}

export class PoolObjects {
  readonly #deps: PoolObjectsDeps;
  readonly #checked = new Map<string, Checked>();

  constructor(deps: PoolObjectsDeps) {
    this.#deps = deps;
  }

  /**
   * isWhole: every pod of the pool is ready. While one is not, the certificates are looked at in each call: a pod that
   * lacks them cannot start. egressPorts are those that its modules may reach. Throws NameTaken when an object of the
   * pool's name is somebody else's.
   */
  async ensure(
    namespace: string,
    owner: OwnerReference,
    isWhole: boolean,
    egressPorts: readonly number[],
  ): Promise<void> {
    const { clock, deployments: cached } = this.#deps;
    const checked = this.#checked.get(namespace);
    const known = checked?.ownerUid === owner.uid ? checked : undefined;
    const isCertain =
      isWhole && known !== undefined && clock.now() - known.certificateAt < recheckCertificateAfter;
    const certificateAt = isCertain ? known.certificateAt : clock.now();
    const certificate = isCertain
      ? known.certificate
      : await ensurePoolCertificate(this.#deps, namespace, owner);
    const input = this.#input(namespace, owner, certificate);
    const isFresh =
      known !== undefined &&
      clock.now() - known.at < recheckAfter &&
      isDeepStrictEqual(known.egressPorts, egressPorts);
    if (isFresh && covers(cached.get(namespace, poolName), poolDeployment(input))) {
      this.#checked.set(namespace, { ...known, certificateAt, certificate });
      return;
    }
    await this.#ensurePolicy(input, egressPorts);
    await this.#apply(serviceAccounts, poolServiceAccount(input));
    await this.#apply(services, poolService(input));
    await this.#apply(podDisruptionBudgets, poolBudget(input));
    await this.#apply(deployments, poolDeployment(input));
    const ownerUid = owner.uid;
    this.#checked.set(namespace, { at: clock.now(), ownerUid, certificateAt, certificate, egressPorts });
  }

  /** The namespace's pool is gone. */
  forget(namespace: string): void {
    this.#checked.delete(namespace);
  }

  #input(namespace: string, owner: OwnerReference, certificate: string): PoolManifestInput {
    const { edgeImage, poolSpec, deployments: cached } = this.#deps;
    const spec = poolSpec(namespace) ?? presentSpec(cached.get(namespace, poolName));
    return { namespace, owner, certificate, image: edgeImage, spec };
  }

  async #ensurePolicy(input: PoolManifestInput, egressPorts: readonly number[]): Promise<void> {
    const { client, networkPolicies: settings } = this.#deps;
    if (settings !== undefined)
      return this.#apply(networkPolicies, poolNetworkPolicy(input, settings, egressPorts));
    const ref = { namespace: input.namespace, name: poolName };
    const live = await client.find(networkPolicies, ref);
    if (live === undefined || !isOurs(live)) return;
    await client.delete(networkPolicies, ref, { uid: live.metadata.uid ?? "" });
  }

  async #apply<T extends KubeObject>(resource: Resource<T>, wanted: T): Promise<void> {
    const { name, namespace = "" } = wanted.metadata;
    const live = await this.#deps.client.find(resource, { namespace, name });
    if (live !== undefined && !isOurs(live)) throw new NameTaken(resource.kind, { namespace, name });
    if (!covers(live, wanted)) await this.#deps.client.apply(resource, wanted);
  }
}
