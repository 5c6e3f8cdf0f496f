/** Law 5: of what Ebb did not make, only the Deployment's scale and our annotations are written. */
import { group } from "../../../operator/api/v1alpha1/names.ts";
import { equalJson, type StoredObject, without, withValueAt } from "../../kit/fake-apiserver/json.ts";
import type { Change } from "../../kit/fake-apiserver/storage.ts";
import { isOperator } from "../operator-process.ts";
import type { Law } from "./law-watch.ts";
import { isEbbs, type View } from "./view.ts";

const ownKinds = new Set(["EdgeFunction", "EdgeTarget", "ClusterEdgeTarget", "Event"]);

export function onlyOurs(view: View): Law {
  return (change) => {
    const { object, before, actor } = change;
    if (!isOperator(actor.token) || ownKinds.has(object.kind)) return undefined;
    if (object.metadata.namespace !== view.namespace) return inOperatorNamespace(change);
    if (object.kind === "Pod") return onGatewayPod(change);
    if (isEbbs(before ?? object)) return undefined;
    if (object.kind !== "Deployment" || before === undefined || change.type === "DELETED") {
      return `${object.kind} ${object.metadata.name} is not Ebb's`;
    }
    if (equalJson(apart(object), apart(before))) return undefined;
    return `more than scale and annotations of Deployment ${object.metadata.name} changed`;
  };
}

function inOperatorNamespace({ object }: Change): string | undefined {
  const isKnown = object.kind === "Lease" || (object.kind === "Secret" && isEbbs(object));
  return isKnown
    ? undefined
    : `${object.kind} ${object.metadata.name} is in namespace ${object.metadata.namespace}`;
}

/** Of a pod, our annotations and a condition of ours. */
function onGatewayPod({ object, before, type }: Change): string | undefined {
  if (!isEbbs(object) || type !== "MODIFIED" || before === undefined)
    return `pod ${object.metadata.name} was written`;
  const spec = equalJson(object["spec"], before["spec"]);
  return spec && equalJson(object.metadata.labels, before.metadata.labels)
    ? undefined
    : "a pod's spec or labels changed";
}

/** The object without replicas, our annotations and what the API server counts. */
function apart(object: StoredObject): unknown {
  const annotations = Object.entries(object.metadata.annotations ?? {});
  const theirs = Object.fromEntries(annotations.filter(([name]) => !name.startsWith(`${group}/`)));
  const metadata = without(
    { ...object.metadata },
    "annotations",
    "resourceVersion",
    "generation",
    "managedFields",
  );
  return {
    ...withValueAt(object, ["spec", "replicas"], undefined),
    metadata: { ...metadata, annotations: theirs },
  };
}
