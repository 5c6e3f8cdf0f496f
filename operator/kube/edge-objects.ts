/** Ebb's own kinds as Kubernetes objects. */
import type { EdgeFunctionSpec, EdgeFunctionStatus } from "../api/v1alpha1/generated/edge-function.ts";
import type { EdgeTargetSpec, EdgeTargetStatus } from "../api/v1alpha1/generated/edge-target.ts";
import { group, version } from "../api/v1alpha1/names.ts";
import type { KubeObject, Resource } from "./resource.ts";

export interface EdgeFunction extends KubeObject {
  readonly spec: EdgeFunctionSpec;
  readonly status?: EdgeFunctionStatus;
}

export interface EdgeTarget extends KubeObject {
  readonly spec: EdgeTargetSpec;
  readonly status?: EdgeTargetStatus;
}

export const edgeFunctions: Resource<EdgeFunction> = {
  group,
  version,
  plural: "edgefunctions",
  kind: "EdgeFunction",
  namespaced: true,
};
export const edgeTargets: Resource<EdgeTarget> = {
  group,
  version,
  plural: "edgetargets",
  kind: "EdgeTarget",
  namespaced: true,
};
export const clusterEdgeTargets: Resource<EdgeTarget> = {
  group,
  version,
  plural: "clusteredgetargets",
  kind: "ClusterEdgeTarget",
  namespaced: false,
};
