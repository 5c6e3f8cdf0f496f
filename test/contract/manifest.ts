/** Manifests of Ebb's kinds. */
import { parse } from "yaml";

export type Kind = "EdgeFunction" | "EdgeTarget" | "ClusterEdgeTarget";

/** YAML of the smallest spec that is taken. */
export const goodSpecs: Readonly<Record<Kind, string>> = {
  EdgeFunction: `
    workloadRef: {name: checkout}
    module: {configMapKeyRef: {name: checkout-module, key: module.wasm}}`,
  EdgeTarget: "workerd: {}",
  ClusterEdgeTarget: "workerd: {}",
};

export const plurals: Readonly<Record<Kind, string>> = {
  EdgeFunction: "edgefunctions",
  EdgeTarget: "edgetargets",
  ClusterEdgeTarget: "clusteredgetargets",
};

/** A manifest whose spec has the fields of the YAML text beside those of the smallest good one; null takes one away. */
export function manifest(apiVersion: string, kind: Kind, spec: string, name = "sample"): object {
  const merged = { ...parse(goodSpecs[kind]), ...parse(spec) } as Record<string, unknown>;
  const present = Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== null));
  return { apiVersion, kind, metadata: { name }, spec: present };
}
