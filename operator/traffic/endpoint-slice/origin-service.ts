/** The Service by which the gateway reaches a workload: as the user's, without the gateway among its endpoints. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import { apiVersion, labels, managedByEbb, originServiceName } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { type Service, services } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { Store } from "../../kube/store.ts";
import { covers } from "../../kube/covers.ts";
import type { Path } from "../gateway/entry.ts";
import { notOurs } from "../gateway/name-taken.ts";
import type { RoutedFunction } from "../switch.ts";

export interface OriginServiceDeps {
  readonly client: KubeClient;
  readonly services: Store<Service>;
}

/** Where the workload answers, or why that is not known yet. */
export type FoundOrigin = { readonly origin: Path["origin"] } | { readonly waiting: Outcome };

/** Makes or corrects the origin Service of fn. */
export async function ensureOrigin(deps: OriginServiceDeps, fn: RoutedFunction): Promise<FoundOrigin> {
  const wanted = originService(fn);
  const ref = { namespace: fn.identity.namespace, name: wanted.metadata.name };
  const cached = deps.services.get(ref.namespace, ref.name);
  const stored =
    cached !== undefined && isAsWanted(cached, wanted) ? cached : await correct(deps, wanted, ref);
  if (stored === undefined || !isOurs(stored)) {
    return {
      waiting: stored === undefined ? pending("OriginLeaving", leaving(ref.name)) : notOurs(services, stored),
    };
  }
  const { clusterIP = "" } = stored.spec;
  const [port] = stored.spec.ports ?? [];
  if (clusterIP === "" || port === undefined) {
    return { waiting: pending("OriginWithoutAddress", `Service ${ref.name} has no ClusterIP yet.`) };
  }
  return { origin: { address: clusterIP, port: port.port } };
}

async function correct(
  { client }: OriginServiceDeps,
  wanted: Service,
  ref: { namespace: string; name: string },
): Promise<Service | undefined> {
  const stored = await client.find(services, ref);
  if (stored !== undefined && (!isOurs(stored) || isAsWanted(stored, wanted))) return stored;
  if (stored?.metadata.deletionTimestamp !== undefined) return undefined;
  return client.apply(services, wanted);
}

/** A selector with more keys covers the wanted one and still selects other pods. */
function isAsWanted(stored: Service, wanted: Service): boolean {
  return (
    stored.metadata.deletionTimestamp === undefined &&
    covers(stored, wanted) &&
    covers(wanted.spec.selector, stored.spec.selector ?? {})
  );
}

function originService({ identity, service }: RoutedFunction): Service {
  const { name, uid, namespace } = identity;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: originServiceName(uid),
      namespace,
      labels: {
        [labels.managedBy]: managedByEbb,
        [labels.name]: "ebb-origin",
        [labels.component]: "origin",
        [labels.function]: identity.key,
      },
      ownerReferences: [
        { apiVersion, kind: "EdgeFunction", name, uid, controller: true, blockOwnerDeletion: false },
      ],
    },
    spec: {
      type: "ClusterIP",
      selector: service.selector,
      ports: [
        { name: "http", protocol: "TCP", port: service.port.number, targetPort: service.port.targetPort },
      ],
    },
  };
}

/** Done when the origin Service of fn is gone. */
export async function removeOrigin({ client }: OriginServiceDeps, fn: FunctionIdentity): Promise<Outcome> {
  const ref = { namespace: fn.namespace, name: originServiceName(fn.uid) };
  const stored = await client.find(services, ref);
  if (stored === undefined || !isOurs(stored)) return done;
  if (stored.metadata.deletionTimestamp === undefined) {
    try {
      await client.delete(
        services,
        ref,
        stored.metadata.uid === undefined ? {} : { uid: stored.metadata.uid },
      );
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }
  return pending("OriginLeaving", leaving(ref.name));
}

function leaving(name: string): string {
  return `Service ${name} is being deleted.`;
}
