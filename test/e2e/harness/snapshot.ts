/** The user's objects as the user sees them, to compare before and after. */
import type { KubeObject } from "../../../operator/kube/resource.ts";
import type { Kubectl } from "./kubectl.ts";

/** The kinds that a user of Ebb owns around a workload. */
export const userKinds = ["deployment", "service", "ingress"] as const;

/** An object without what the API server and controllers keep for themselves. */
export type Essence = Readonly<Record<string, unknown>>;

/** `kind/name` of every user's object of a namespace, and what is in it. */
export async function snapshot(kubectl: Kubectl, namespace: string): Promise<Record<string, Essence>> {
  const objects = await kubectl.list(namespace, userKinds.join(","));
  return Object.fromEntries(
    objects.map((object) => [`${object.kind}/${object.metadata.name}`, essenceOf(object)]),
  );
}

/** Without resourceVersion, generation, managedFields and status. */
export function essenceOf(object: KubeObject & { status?: unknown }): Essence {
  const { status: _status, metadata, ...rest } = object;
  const { resourceVersion: _version, generation: _generation, managedFields: _managed, ...kept } = metadata;
  return { ...rest, metadata: kept };
}

/** Names of all objects in a namespace that Ebb has made or marked, of every kind that the API server knows. */
export async function ebbObjects(kubectl: Kubectl, namespace: string): Promise<string[]> {
  const kinds = await kubectl.run(["api-resources", "--namespaced", "--verbs=list,delete", "-o", "name"]);
  const names = kinds
    .trim()
    .split("\n")
    .filter((kind) => !kind.startsWith("events"));
  const objects = await kubectl.list(namespace, names.join(","));
  return objects.filter(isOfEbb).map(({ kind, metadata }) => `${kind}/${metadata.name}`);
}

function isOfEbb({ apiVersion = "", metadata }: KubeObject): boolean {
  const { name, labels = {}, annotations = {}, finalizers = [] } = metadata;
  const marks = [...Object.keys(labels), ...Object.keys(annotations), ...finalizers];
  const isMarked =
    marks.some((mark) => mark.startsWith("ebb.dev/")) || labels["app.kubernetes.io/managed-by"] === "ebb";
  return isMarked || name.startsWith("ebb-") || apiVersion.startsWith("ebb.dev/");
}
