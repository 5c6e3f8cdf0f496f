/** The user's objects as the user sees them, to compare before and after. */
import type { KubeObject } from "../../../operator/kube/resource.ts";
import type { Kubectl } from "./kubectl.ts";

/** The kinds that a user of Ebb owns around a workload. */
const userKinds = ["deployment", "service", "ingress"] as const;

/** An object without what the API server and controllers keep for themselves. */
export type Essence = Readonly<Record<string, unknown>>;

/** `kind/name` of every user's object of a namespace, and what is in it; what Ebb runs beside them is left out. */
export async function snapshot(kubectl: Kubectl, namespace: string): Promise<Record<string, Essence>> {
  const objects = await kubectl.list(namespace, userKinds.join(","));
  const users = objects.filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/managed-by"] !== "ebb");
  return Object.fromEntries(
    users.map((object) => [`${object.kind}/${object.metadata.name}`, essenceOf(object)]),
  );
}

/** Without resourceVersion, generation, managedFields and status. */
function essenceOf(object: KubeObject & { status?: unknown }): Essence {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, generation: _generation, managedFields: _managed, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

/** Names of all objects in a namespace that Ebb has made, or holds by a finalizer, of every kind that the API server knows. */
export async function ebbObjects(kubectl: Kubectl, namespace: string): Promise<string[]> {
  const kinds = await kubectl.run(["api-resources", "--namespaced", "--verbs=list,delete", "-o", "name"]);
  const names = kinds.trim().split("\n");
  const objects = await kubectl.list(namespace, names.filter((kind) => !kind.startsWith("events")).join(","));
  return objects.filter(isOfEbb).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

function isOfEbb({ apiVersion = "", metadata }: KubeObject): boolean {
  const { name, labels = {}, finalizers = [] } = metadata;
  const isMarked = [...Object.keys(labels), ...finalizers].some((mark) => mark.startsWith("ebb.dev/"));
  const isManaged = labels["app.kubernetes.io/managed-by"] === "ebb";
  return isMarked || isManaged || name.startsWith("ebb-") || apiVersion.startsWith("ebb.dev/");
}
