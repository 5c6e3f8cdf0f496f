/** Law 1: the Service always has a ready endpoint that answers. */
import { functionHeader, labels } from "../../../operator/api/v1alpha1/names.ts";
import { type Endpoint, endpointSlices, type Pod, pods } from "../../../operator/kube/objects.ts";
import type { FakeConfig } from "../../kit/fake-gateway-config.ts";
import { isReady } from "../../kit/fake-cluster/pods.ts";
import type { Law } from "./law-watch.ts";
import type { View } from "./view.ts";

export function alwaysServed(view: View): Law {
  return () => {
    const endpoints = readyEndpoints(view);
    if (endpoints.some((endpoint) => answers(view, endpoint))) return undefined;
    return `none of the ${endpoints.length} ready endpoints of Service ${view.workload} answers`;
  };
}

/** Of all slices of the workload's Service. */
export function readyEndpoints(view: View): Endpoint[] {
  return view.server
    .readAll(endpointSlices, view.namespace)
    .filter((slice) => slice.metadata.labels?.[labels.serviceName] === view.workload)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
}

function answers(view: View, { targetRef }: Endpoint): boolean {
  const pod = view.server.read(pods, { namespace: view.namespace, name: targetRef?.name ?? "" });
  if (pod === undefined || pod.metadata.uid !== targetRef?.uid) return false;
  return pod.metadata.labels?.[labels.component] === "gateway" ? gatewayAnswers(view, pod) : isReady(pod);
}

/**
 * It has the function's listener and one of its two sides: a pool pod with the version, or the edge outside, or a ready pod of
 * the workload.
 */
function gatewayAnswers(view: View, { metadata }: Pod): boolean {
  const config = view.ebb.loaded.get(metadata.uid ?? "");
  const routes = config?.routes.get(view.key);
  if (config === undefined || routes === undefined) return false;
  if (!config.listeners.some(({ key }) => key === view.key)) return false;
  const version = routes.headers[functionHeader] ?? "";
  const edge = [...view.ebb.pools.values()].some((pool) => pool.loaded().includes(version));
  return edge || isAnsweredOutside(view, config) || originAnswers(view);
}

function isAnsweredOutside(view: View, { clusters }: FakeConfig): boolean {
  return [...clusters.values()].some(
    ({ name, host = "", isPublic }) =>
      isPublic === true && name.startsWith(`${view.key}/`) && view.answersOutside(host),
  );
}

function originAnswers(view: View): boolean {
  return view.server
    .readAll(pods, view.namespace)
    .some((pod) => pod.metadata.labels?.["app"] === view.workload && isReady(pod));
}
