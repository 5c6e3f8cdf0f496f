/** How a namespace's pool is set up: `workerd` of its EdgeTarget. */
import type { Deployment } from "../../kube/objects.ts";

export interface PoolSpec {
  readonly replicas: number;
  readonly resources: {
    readonly requests?: Readonly<Record<string, string | number>>;
    readonly limits?: Readonly<Record<string, string | number>>;
  };
  readonly runtimeClassName?: string;
}

/** As the target's own defaults. */
const usual: PoolSpec = {
  replicas: 2,
  resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } },
};

/** The setup that a pool without a target goes on with: the one that it has. */
export function presentSpec(deployment: Deployment | undefined): PoolSpec {
  const container = deployment?.spec.template.spec.containers[0];
  if (deployment === undefined || container === undefined) return usual;
  const { runtimeClassName } = deployment.spec.template.spec;
  const { requests, limits } = container.resources ?? {};
  return {
    replicas: deployment.spec.replicas ?? usual.replicas,
    resources: {
      ...(requests === undefined ? {} : { requests }),
      ...(limits === undefined ? {} : { limits }),
    },
    ...(runtimeClassName === undefined ? {} : { runtimeClassName }),
  };
}
