/** Which Service a function's traffic goes through, also when the spec or the workload has changed since it was attached. */
import { labels } from "../api/v1alpha1/names.ts";
import { findService, type FoundService } from "../workload/find-service.ts";
import type { Context } from "./context.ts";

/** By the function's slices, else by the spec, else by the Deployment's pods; undefined when there is none now. */
export function routedService(ctx: Context): FoundService | undefined {
  const { namespace, key } = ctx.identity;
  const slice = ctx.stores.endpointSlices
    .list(namespace)
    .find((each) => each.metadata.labels?.[labels.function] === key);
  const attached = slice?.metadata.labels?.[labels.serviceName];
  const service = attached === undefined ? undefined : ctx.stores.services.get(namespace, attached);
  if (service !== undefined) {
    const portName = slice?.ports?.[0]?.name ?? "";
    const port = service.spec.ports?.find((each) => (each.name ?? "") === portName);
    return port === undefined ? undefined : { service, port };
  }
  const deployment = ctx.stores.deployments.get(namespace, ctx.fn.spec.workloadRef.name);
  if (deployment === undefined) return undefined;
  return findService(deployment, ctx.stores.services.list(namespace), ctx.fn.spec.serviceRef);
}
