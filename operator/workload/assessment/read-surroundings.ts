/**
 * Reads what the rules look at: from caches the kinds that concern every function, and of the API server, now and then,
 * what concerns few. What the account may not read is named in `unchecked`.
 */
import type { Clock } from "../../api/clock.ts";
import { isForbidden, isNotFound } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import type { Deployment, Namespace } from "../../kube/objects.ts";
import {
  type Ingress,
  ingresses,
  type LimitRange,
  limitRanges,
  type NetworkPolicy,
  networkPolicies,
  type PeerAuthentication,
  peerAuthentications,
  type ResourceQuota,
  resourceQuotas,
  subjectAccessReviews,
} from "../../kube/policy-objects.ts";
import type { KubeObject, Resource } from "../../kube/resource.ts";
import type { OptionalStore, Store } from "../../kube/store.ts";
import { Remembered } from "./remembered.ts";
import { tellsProtocol } from "./rules/backend-annotations.ts";
import { accountOf } from "./rules/leader-election.ts";
import { isInIstio, meshRoot } from "./rules/mesh.ts";
import type { OwnPods, Subject, Surroundings } from "./surroundings.ts";

export interface SurroundingStores {
  readonly namespaces: Store<Namespace>;
  readonly networkPolicies: OptionalStore<NetworkPolicy>;
  readonly resourceQuotas: OptionalStore<ResourceQuota>;
  readonly limitRanges: OptionalStore<LimitRange>;
  /** Metadata only. */
  readonly ingresses: OptionalStore<Ingress>;
}

export interface SurroundingsDeps {
  readonly client: KubeClient;
  readonly stores: SurroundingStores;
  readonly clock: Clock;
  /** Where the operator's own pods are. */
  readonly operatorNamespace: string;
  /** Whether Ebb makes the NetworkPolicies of its gateways and pools. */
  readonly makesPolicies: boolean;
}

interface Question extends Subject {
  readonly gateway: OwnPods;
  readonly pool: OwnPods | undefined;
}

/** Errors: ApiError, but for answers that say that the account may not, or that there is no such kind. */
export type ReadSurroundings = (question: Question) => Promise<Surroundings>;

/** How long answers of the API server are taken to hold: rights change seldom and only warn, what blocks is asked anew. */
const rightsMs = 600_000;
/** Also when a workload that is blocked by what nobody tells of is looked at again. */
export const unwatchedMs = 60_000;

/** Labels that the chart gives the operator's pods. */
const operatorLabels = { "app.kubernetes.io/name": "ebb-operator" };

type Read<T> = readonly T[] | "refused";

export function createSurroundings(deps: SurroundingsDeps): ReadSurroundings {
  const { stores, clock, operatorNamespace, makesPolicies } = deps;
  const rights = new Remembered<Read<Right>>(clock, rightsMs);
  const policies = new Remembered<Read<PeerAuthentication>>(clock, unwatchedMs);
  const backends = new Remembered<Read<Ingress>>(clock, rightsMs);
  return async (question) => {
    const { namespace = "" } = question.deployment.metadata;
    const around = stores.namespaces.get(undefined, namespace);
    const refused = new Set<string>();
    const listed = <T extends KubeObject>(resource: Resource<T>, store: OptionalStore<T>): T[] => {
      if (!store.isKnown) refused.add(resource.plural);
      return store.list(namespace);
    };
    const taken = <T>(plural: string, read: Read<T>): readonly T[] => {
      if (read !== "refused") return read;
      refused.add(plural);
      return [];
    };
    const annotated = listed(ingresses, stores.ingresses).filter(tellsProtocol);
    const read = {
      networkPolicies: listed(networkPolicies, stores.networkPolicies),
      resourceQuotas: listed(resourceQuotas, stores.resourceQuotas),
      limitRanges: listed(limitRanges, stores.limitRanges),
      ingresses: taken(ingresses.plural, await readBackends(deps, backends, annotated)),
      peerAuthentications: isInIstio(question, around)
        ? taken(peerAuthentications.plural, await readPolicies(deps, policies, namespace))
        : [],
      rights: taken(subjectAccessReviews.plural, await readRights(deps, rights, question.deployment)),
    };
    const operator = {
      namespace: stores.namespaces.get(undefined, operatorNamespace),
      labels: operatorLabels,
      makesPolicies,
    };
    return { ...question, ...read, namespace: around, operator, unchecked: [...refused].toSorted() };
  };
}

/** What ask gives; "refused" when the account may not. */
async function unlessRefused<T>(ask: () => Promise<readonly T[]>): Promise<Read<T>> {
  try {
    return await ask();
  } catch (error) {
    if (isForbidden(error)) return "refused";
    throw error;
  }
}

async function readBackends(
  { client }: SurroundingsDeps,
  remembered: Remembered<Read<Ingress>>,
  annotated: readonly Ingress[],
): Promise<Read<Ingress>> {
  const whole = await Promise.all(
    annotated.map(({ metadata: { namespace = "", name, uid, resourceVersion } }) =>
      remembered.of(`${uid} ${resourceVersion}`, () =>
        unlessRefused(async () => [await client.find(ingresses, { namespace, name })].filter(isThere)),
      ),
    ),
  );
  return whole.some((each) => each === "refused") ? "refused" : whole.flat().filter(isIngress);
}

function isThere<T>(value: T | undefined): value is T {
  return value !== undefined;
}

function isIngress(value: Ingress | string): value is Ingress {
  return typeof value !== "string";
}

/** Those of the namespace and of the whole mesh; by an older version where the newest is not served. */
async function readPolicies(
  { client }: SurroundingsDeps,
  remembered: Remembered<Read<PeerAuthentication>>,
  namespace: string,
): Promise<Read<PeerAuthentication>> {
  const list = async (where: string): Promise<readonly PeerAuthentication[]> => {
    for (const version of ["v1", "v1beta1"])
      try {
        return await client.list({ ...peerAuthentications, version }, { namespace: where });
      } catch (error) {
        if (!isNotFound(error)) throw error;
      }
    return [];
  };
  const all: PeerAuthentication[] = [];
  for (const where of new Set([namespace, meshRoot])) {
    const read = await remembered.of(where, () => unlessRefused(() => list(where)));
    if (read === "refused") return read;
    all.push(...read);
  }
  return all;
}

type Right = Surroundings["rights"][number];

const elections: readonly (readonly [right: Right, group: string, resource: string])[] = [
  ["Leases", "coordination.k8s.io", "leases"],
  ["ConfigMaps", "", "configmaps"],
];

/** Asked of the API server's own authorizer, which knows every way to a right; a pod without a token has none. */
async function readRights(
  { client }: SurroundingsDeps,
  remembered: Remembered<Read<Right>>,
  deployment: Deployment,
): Promise<Read<Right>> {
  const { namespace = "" } = deployment.metadata;
  if (deployment.spec.template.spec.automountServiceAccountToken === false) return [];
  const account = accountOf(deployment);
  const may = async (group: string, resource: string): Promise<boolean> => {
    const answer = await client.create(subjectAccessReviews, {
      metadata: { name: "" },
      spec: {
        user: `system:serviceaccount:${namespace}:${account}`,
        groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
        resourceAttributes: { namespace, verb: "create", group, resource },
      },
    });
    return answer.status?.allowed === true;
  };
  return await remembered.of(`${namespace}/${account}`, () =>
    unlessRefused(async () => {
      const answers = await Promise.all(
        elections.map(async ([right, group, resource]) => ((await may(group, resource)) ? [right] : [])),
      );
      return answers.flat();
    }),
  );
}
