/**
 * The replica count to come back to. It is kept in two places, the EdgeFunction's status and an annotation of the
 * Deployment, so that losing either loses nothing; the annotation also tells a person how to restore with no operator.
 */
import { savedScaleAnnotation } from "../api/v1alpha1/names.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import { type Deployment, deployments } from "../kube/objects.ts";
import { removeAnnotation, setAnnotation } from "../kube/patches.ts";

export interface SavedScale {
  readonly replicas: number;
  /** RFC 3339. */
  readonly recordTime: string;
  /** Of the Deployment that had them: another one of the same name has a scale of its own. */
  readonly deploymentUID: string;
}

interface AnnotatedScale extends SavedScale {
  /** Command with which a person restores the Deployment without Ebb. */
  readonly restore: string;
}

/** The copy on the Deployment; undefined when there is none, or none that speaks of this Deployment. */
export function readAnnotation(deployment: Deployment): SavedScale | undefined {
  const text = deployment.metadata.annotations?.[savedScaleAnnotation];
  if (text === undefined) return undefined;
  const value = parseJson(text);
  if (typeof value !== "object" || value === null) return undefined;
  const { replicas, recordTime, deploymentUID } = value as Partial<AnnotatedScale>;
  if (deploymentUID === undefined || deploymentUID !== deployment.metadata.uid) return undefined;
  if (typeof replicas !== "number" || !Number.isSafeInteger(replicas) || replicas < 0) return undefined;
  return typeof recordTime === "string" ? { replicas, recordTime, deploymentUID } : undefined;
}

/** The copy to trust: the one that is there, or, when both are and differ, the one with more replicas. */
export function mergeSavedScale(
  status: SavedScale | undefined,
  annotation: SavedScale | undefined,
): SavedScale | undefined {
  if (status === undefined || annotation === undefined) return status ?? annotation;
  return annotation.replicas > status.replicas ? annotation : status;
}

export function sameScale(left: SavedScale | undefined, right: SavedScale | undefined): boolean {
  return (
    left?.replicas === right?.replicas &&
    left?.recordTime === right?.recordTime &&
    left?.deploymentUID === right?.deploymentUID
  );
}

/** Writes the copy on the Deployment, guarded by its resourceVersion. */
export async function writeAnnotation(
  client: KubeClient,
  deployment: Deployment,
  saved: SavedScale,
): Promise<Deployment> {
  const { name, namespace = "" } = deployment.metadata;
  const value: AnnotatedScale = {
    ...saved,
    restore: `kubectl --namespace ${namespace} scale deployment/${name} --replicas=${saved.replicas}`,
  };
  return client.patch(
    deployments,
    { namespace, name },
    setAnnotation(deployment, savedScaleAnnotation, JSON.stringify(value)),
  );
}

/** Removes the copy on the Deployment. Requires: it is there. */
export async function dropAnnotation(client: KubeClient, deployment: Deployment): Promise<Deployment> {
  const { name, namespace = "" } = deployment.metadata;
  return client.patch(deployments, { namespace, name }, removeAnnotation(deployment, savedScaleAnnotation));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
