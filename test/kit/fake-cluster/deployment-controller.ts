/** Stands in for the Deployment and ReplicaSet controllers: pods of the right template in the right number. */
import { createHash } from "node:crypto";
import { type Deployment, deployments, type Pod, pods } from "../../../operator/kube/objects.ts";
import type { KubeObject, Resource } from "../../../operator/kube/resource.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Change } from "../fake-apiserver/storage.ts";
import { keyOf, refOf, startController } from "./controller.ts";
import { isControlledBy, isReady, isTerminating } from "./pods.ts";

interface ReplicaSet extends KubeObject {
  readonly spec: Pick<Deployment["spec"], "replicas" | "selector" | "template">;
}

const replicaSets: Resource<ReplicaSet> = {
  group: "apps",
  version: "v1",
  plural: "replicasets",
  kind: "ReplicaSet",
  namespaced: true,
};

const manager = "kube-controller-manager";
const hashLabel = "pod-template-hash";

/** Rolls as maxSurge 1 and maxUnavailable 0 do. Returns the way to stop. */
export function startDeploymentController(server: FakeApiServer): () => void {
  return startController({
    server,
    keysOf: (change) => concerned(server, change),
    reconcile: (key) => reconcile(server, key),
  });
}

function concerned(server: FakeApiServer, change: Change): string[] {
  if (change.object.kind === "Deployment") return [keyOf(change)];
  if (change.object.kind !== "Pod") return [];
  const { namespace = "", ownerReferences = [] } = change.object.metadata;
  const owner = ownerReferences.find(({ kind }) => kind === "ReplicaSet");
  const set = owner && server.read(replicaSets, { namespace, name: owner.name });
  return (set?.metadata.ownerReferences ?? []).map(({ name }) => `${namespace}/${name}`);
}

function reconcile(server: FakeApiServer, key: string): void {
  const deployment = server.read(deployments, refOf(key));
  if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return;
  const current = ensureReplicaSet(server, deployment);
  const owned = podsOf(server, deployment).filter((pod) => !isTerminating(pod));
  const fresh = owned.filter((pod) => isControlledBy(pod, current.metadata.uid));
  const old = owned.filter((pod) => !isControlledBy(pod, current.metadata.uid));
  const wanted = deployment.spec.replicas ?? 1;
  for (const pod of surplus(fresh, old, wanted)) remove(server, pod);
  const room = wanted + (old.length > 0 && wanted > 0 ? 1 : 0) - owned.length;
  const missing = Math.min(Math.max(wanted - fresh.length, 0), Math.max(room, 0));
  for (let made = 0; made < missing; made += 1) createPod(server, current);
  writeStatus(server, deployment, current);
}

/** What goes now: more than is wanted of the new template, and old pods as new ones become ready. */
function surplus(fresh: readonly Pod[], old: readonly Pod[], wanted: number): Pod[] {
  const excess = fresh
    .toSorted((a, b) => Number(isReady(a)) - Number(isReady(b)))
    .slice(0, Math.max(fresh.length - wanted, 0));
  if (wanted === 0) return [...excess, ...old];
  const unready = old.filter((pod) => !isReady(pod));
  const ready = old.filter(isReady);
  const spare = fresh.filter(isReady).length + ready.length - wanted;
  return [...excess, ...unready, ...ready.slice(0, Math.max(spare, 0))];
}

function remove(server: FakeApiServer, { metadata }: Pod): void {
  server.remove(pods, { namespace: metadata.namespace ?? "", name: metadata.name });
}

function ensureReplicaSet(server: FakeApiServer, deployment: Deployment): ReplicaSet {
  const { namespace = "", name, uid = "" } = deployment.metadata;
  const hash = createHash("sha256")
    .update(JSON.stringify(deployment.spec.template))
    .digest("hex")
    .slice(0, 9);
  const ref = { namespace, name: `${name}-${hash}` };
  const found = server.read(replicaSets, ref);
  if (found !== undefined) return found;
  const { template, selector } = deployment.spec;
  const labels = { ...template.metadata?.labels, [hashLabel]: hash };
  const controller = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  return server.put(
    replicaSets,
    {
      metadata: { ...ref, labels, ownerReferences: [controller] },
      spec: { selector, template: { ...template, metadata: { ...template.metadata, labels } } },
    },
    { manager },
  );
}

function setsOf(server: FakeApiServer, { metadata }: Deployment): ReplicaSet[] {
  return server
    .readAll(replicaSets, metadata.namespace)
    .filter((set) => set.metadata.ownerReferences?.some(({ uid }) => uid === metadata.uid) === true);
}

function podsOf(server: FakeApiServer, deployment: Deployment): Pod[] {
  const sets = setsOf(server, deployment).map((set) => set.metadata.uid);
  return server
    .readAll(pods, deployment.metadata.namespace)
    .filter((pod) => sets.some((uid) => isControlledBy(pod, uid)));
}

function createPod(server: FakeApiServer, set: ReplicaSet): void {
  const { namespace = "", name, uid = "" } = set.metadata;
  const { metadata = {}, spec } = set.spec.template;
  const controller = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name,
    uid,
    controller: true,
    blockOwnerDeletion: true,
  };
  const generated = { generateName: `${name}-`, name: "" };
  server.put(
    pods,
    { metadata: { ...generated, namespace, ...metadata, ownerReferences: [controller] }, spec },
    { manager },
  );
}

function writeStatus(server: FakeApiServer, deployment: Deployment, current: ReplicaSet): void {
  const { namespace = "", name, generation } = deployment.metadata;
  const live = podsOf(server, deployment).filter((pod) => !isTerminating(pod));
  const ready = live.filter(isReady).length;
  const wanted = deployment.spec.replicas ?? 1;
  const updated = live.filter((pod) => isControlledBy(pod, current.metadata.uid)).length;
  const available = {
    type: "Available",
    status: ready >= wanted ? "True" : "False",
    reason: "MinimumReplicas",
  } as const;
  const counts = {
    replicas: live.length,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
  };
  const status = {
    ...(generation === undefined ? {} : { observedGeneration: generation }),
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    ...(wanted > ready ? { unavailableReplicas: wanted - ready } : {}),
    conditions: [available],
  };
  server.change(deployments, { namespace, name }, (object) => ({ ...object, status }), {
    subresource: "status",
    manager,
  });
}
