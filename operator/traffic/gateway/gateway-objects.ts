/** Keeps a gateway as it should be, and takes it away after the last function. */
import type { Logger } from "pino";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import {
  type ConfigMap,
  configMaps,
  type Deployment,
  deployments,
  podDisruptionBudgets,
  serviceAccounts,
} from "../../kube/objects.ts";
import type { NetworkPolicySettings } from "../../kube/network-rules.ts";
import { isOurs } from "../../kube/ours.ts";
import { networkPolicies } from "../../kube/policy-objects.ts";
import type { KubeObject, Resource } from "../../kube/resource.ts";
import { SharedRuns } from "../../kube/shared-runs.ts";
import type { Store } from "../../kube/store.ts";
import { covers } from "../../kube/covers.ts";
import type { ConfigReader } from "./config-reader.ts";
import { contentHash } from "./entry.ts";
import { gatewayObjects, gatewayPolicy } from "./manifests.ts";
import { notOurs } from "./name-taken.ts";

export interface GatewayObjectsDeps {
  readonly client: KubeClient;
  readonly deployments: Store<Deployment>;
  readonly reader: ConfigReader;
  readonly image: string;
  /** Without them the gateway has no NetworkPolicy. */
  readonly networkPolicies?: NetworkPolicySettings | undefined;
  readonly log: Logger;
  /** Name of the gateway. */
  readonly gateway: string;
}

/** What an object became when it was applied. */
interface Applied {
  readonly content: string;
  readonly generation: number | undefined;
}

/**
 * Guarantees: writes only objects with Ebb's mark, and nothing when they are as they should be, or as the cluster's own
 * admission has made them of what was applied: nobody has changed them since when their generation is the same.
 */
export class GatewayKeeper {
  readonly #deps: GatewayObjectsDeps;
  /** Ids of the configurations, as to what they need, whose small objects were looked at since the start. */
  readonly #looked = new Set<string>();
  /** By the same, of looks that are under way. */
  readonly #looks = new SharedRuns<Outcome>();
  /** By uid, of objects that are not what was applied. */
  readonly #admitted = new Map<string, Applied>();

  constructor(deps: GatewayObjectsDeps) {
    this.#deps = deps;
  }

  /** Done when the objects are there; says nothing of the pods. */
  async ensure(config: ConfigMap): Promise<Outcome> {
    const wanted = gatewayObjects(config, this.#deps.image);
    const { uid = "", namespace } = config.metadata;
    const deployment = this.#deps.deployments.get(namespace, config.metadata.name);
    if (
      this.#looked.has(lookId(config)) &&
      deployment !== undefined &&
      this.#isApplied(deployment, wanted.deployment)
    )
      return done;
    // Every function of the namespace comes here at first: one looks for all.
    return this.#looks.run(uid, () => this.#look(config, wanted));
  }

  async #look(config: ConfigMap, wanted: ReturnType<typeof gatewayObjects>): Promise<Outcome> {
    const { uid = "", namespace } = config.metadata;
    // Asked of the API server, so that a gateway whose last function has just left is not made again.
    if ((await this.#deps.reader.fresh(namespace ?? ""))?.config.metadata.uid !== uid)
      return pending("GatewayLeaving", "The gateway is being removed.");
    const outcomes = [
      // Before the pods: they shall not run without it.
      await this.#ensurePolicy(config),
      await this.#apply(serviceAccounts, wanted.serviceAccount),
      await this.#apply(podDisruptionBudgets, wanted.podDisruptionBudget),
      await this.#apply(deployments, wanted.deployment),
    ];
    const refused = outcomes.find((outcome) => !outcome.done);
    if (refused !== undefined) return refused;
    this.#looked.add(lookId(config));
    return done;
  }

  async #ensurePolicy(config: ConfigMap): Promise<Outcome> {
    const { client, gateway } = this.#deps;
    const { namespace = "" } = config.metadata;
    const wanted = gatewayPolicy(gateway, namespace, this.#deps.networkPolicies, hasPublicEdge(config));
    if (wanted !== undefined) return this.#apply(networkPolicies, wanted);
    const stored = await client.find(networkPolicies, { namespace, name: gateway });
    if (stored === undefined || !isOurs(stored)) return done;
    return this.#delete(networkPolicies, namespace, { uid: stored.metadata.uid ?? "" });
  }

  async #apply<T extends KubeObject>(resource: Resource<T>, wanted: T): Promise<Outcome> {
    const stored = await this.#deps.client.find(resource, refOf(wanted));
    if (stored !== undefined && !isOurs(stored)) return notOurs(resource, stored);
    if (stored?.metadata.deletionTimestamp !== undefined) {
      return pending(
        "GatewayLeaving",
        `The former ${resource.kind} ${stored.metadata.name} is being deleted.`,
      );
    }
    if (stored !== undefined && this.#isApplied(stored, wanted)) return done;
    const { namespace } = wanted.metadata;
    this.#deps.log.info({ namespace, kind: resource.kind }, "applying a gateway object");
    const { metadata, ...rest } = await this.#deps.client.apply(resource, wanted);
    if (!covers({ metadata, ...rest }, wanted)) {
      const applied = { content: contentHash(wanted), generation: metadata.generation };
      this.#admitted.set(metadata.uid ?? "", applied);
    }
    return done;
  }

  #isApplied(stored: KubeObject, wanted: KubeObject): boolean {
    if (covers(stored, wanted)) return true;
    const applied = this.#admitted.get(stored.metadata.uid ?? "");
    return applied?.generation === stored.metadata.generation && applied?.content === contentHash(wanted);
  }

  /** Done when no object of the gateway is left. Called only while no function has an entry. */
  async remove(namespace: string): Promise<Outcome> {
    const gateway = await this.#deps.reader.fresh(namespace);
    if (gateway !== undefined) {
      if (gateway.entries.length > 0) return done;
      // First and guarded: a function that comes in this moment keeps its gateway, or makes the next one.
      const { uid, resourceVersion } = gateway.config.metadata;
      for (const id of this.#looked) if (id.startsWith(`${uid} `)) this.#looked.delete(id);
      return this.#delete(configMaps, namespace, {
        ...(uid ? { uid } : {}),
        ...(resourceVersion ? { resourceVersion } : {}),
      });
    }
    // The Deployment last: it is the one that is watched, and so tells that something is left.
    for (const resource of [podDisruptionBudgets, serviceAccounts, networkPolicies, deployments]) {
      const ref = { namespace, name: this.#deps.gateway };
      const stored = await this.#deps.client.find<KubeObject>(resource, ref);
      if (stored === undefined || !isOurs(stored)) continue;
      const { uid = "", deletionTimestamp } = stored.metadata;
      this.#admitted.delete(uid);
      if (deletionTimestamp === undefined) return this.#delete(resource, namespace, { uid });
    }
    return done;
  }

  async #delete(
    resource: Resource,
    namespace: string,
    guard: { uid?: string; resourceVersion?: string },
  ): Promise<Outcome> {
    try {
      const ref = { namespace, name: this.#deps.gateway };
      await this.#deps.client.delete(resource, ref, { ...guard, propagationPolicy: "Background" });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
    return pending("GatewayLeaving", `The gateway's ${resource.kind} is being deleted.`);
  }
}

function lookId(config: ConfigMap): string {
  return `${config.metadata.uid} ${hasPublicEdge(config)}`;
}

/** Told by the text, which is long: an edge that is public is marked so in its entry, and nothing else is. */
function hasPublicEdge({ data = {} }: ConfigMap): boolean {
  return Object.entries(data).some(
    ([file, text]) => file.startsWith("entry-") && text.includes('"isPublic":true'),
  );
}

function refOf(object: KubeObject): { namespace: string; name: string } {
  return { namespace: object.metadata.namespace ?? "", name: object.metadata.name };
}
