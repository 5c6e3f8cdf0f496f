/** The gateway of a function's namespace, and its pool when the function runs there, as they are or as they would be made. */
import { gatewayName, poolName } from "../api/v1alpha1/names.ts";
import { poolLabels } from "../provider/workerd/pool-manifests.ts";
import { presentSpec } from "../provider/workerd/pool-spec.ts";
import { gatewayLabels, gatewayReplicas, gatewayResources } from "../traffic/gateway/manifests.ts";
import type { OwnPods } from "../workload/assessment/surroundings.ts";
import type { Context } from "./context.ts";
import { findTarget, targetOfNamespace } from "./find-target.ts";

export function ownPodsOf({ fn, stores, identity }: Context): {
  gateway: OwnPods;
  pool: OwnPods | undefined;
} {
  const { namespace } = identity;
  const gateway = fn.status?.gateway?.name ?? gatewayName;
  const chosen = findTarget(fn, stores)?.target.spec;
  const isInPool = chosen === undefined || chosen.workerd !== undefined;
  const target = targetOfNamespace(stores.edgeFunctions.list(namespace), stores);
  const { replicas, resources } = target?.spec.workerd ?? presentSpec(undefined);
  return {
    gateway: {
      name: gateway,
      deployment: stores.deployments.get(namespace, gateway),
      labels: gatewayLabels(gateway),
      replicas: gatewayReplicas,
      resources: gatewayResources,
    },
    pool: isInPool
      ? {
          name: poolName,
          deployment: stores.deployments.get(namespace, poolName),
          labels: poolLabels(),
          replicas,
          resources,
        }
      : undefined,
  };
}
