/** Writes that an API server is asked for, and the paths that they go to. */
import { sliceOf } from "./rights-fixtures.ts";
import type { Attempt, Places } from "./rights-server.ts";

/** The write for the objects that are there. */
export type Make = (places: Places) => Attempt;

const api = (path: string, { namespace }: Places): string => `/api/v1/namespaces/${namespace}/${path}`;
const apps = (path: string, { namespace }: Places): string => `/apis/apps/v1/namespaces/${namespace}/${path}`;
const slicePath = (name: string, { slices }: Places): string =>
  `/apis/discovery.k8s.io/v1/namespaces/${slices}/endpointslices${name}`;

export const merge = (path: (places: Places) => string, body: unknown): Make => {
  return (places) => ({ method: "PATCH", path: path(places), type: "application/merge-patch+json", body });
};
export const create = (path: (places: Places) => string, body: (places: Places) => unknown): Make => {
  return (places) => ({ method: "POST", path: path(places), body: body(places) });
};
export const remove = (path: (places: Places) => string): Make => {
  return (places) => ({ method: "DELETE", path: path(places) });
};

export const at = (path: string) => (places: Places) => api(path, places);
export const deployment = (path: string) => (places: Places) => apps(`deployments${path}`, places);
export const slice = (path: string) => (places: Places) => slicePath(path, places);
export const fn = (path: string) => (places: Places) => `${places.functions}${path}`;
export const budget = (path: string) => (places: Places) =>
  `/apis/policy/v1/namespaces/${places.namespace}/poddisruptionbudgets${path}`;
export const networkPolicy = (path: string) => (places: Places) =>
  `/apis/networking.k8s.io/v1/namespaces/${places.namespace}/networkpolicies${path}`;
/** EdgeTargets are where the EdgeFunctions are. */
export const target = (path: string) => (places: Places) =>
  `${places.functions.replace(/edgefunctions$/, "edgetargets")}${path}`;
export const clusterTarget = (path: string) => (places: Places) =>
  `${places.functions.replace(/namespaces\/.*$/, "clusteredgetargets")}${path}`;

export const metadata = (fields: object): object => ({ metadata: fields });
export const annotated = (key: string): object => metadata({ annotations: { [key]: "changed" } });
export const labelled = (key: string): object => metadata({ labels: { [key]: "changed" } });
export const template = (spec: object): object => ({ spec: { template: { spec } } });
export const addCondition = (path: string, type: string): Make => {
  return (places) => ({
    method: "PATCH",
    path: api(path, places),
    type: "application/json-patch+json",
    body: [
      {
        op: "add",
        path: "/status/conditions/-",
        value: { type, status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" },
      },
    ],
  });
};
export const made = (kind: string, fields: object = {}, version = "v1"): object => ({
  apiVersion: version,
  kind,
  metadata: { name: "made" },
  ...fields,
});
export const port = { spec: { ports: [{ port: 80 }] } };

export const ebbLabels = { labels: { "app.kubernetes.io/managed-by": "ebb" } };
export const newSlice = (change: Parameters<typeof sliceOf>[3]) => (places: Places) =>
  sliceOf(places.slices, "ebb-new", places.uid, change);
