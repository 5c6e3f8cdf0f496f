/** A target whose edge others run: the provider of its functions, and whether it can be used. */
import type { Outcome } from "../api/outcome.ts";
import type { EdgeTarget } from "../kube/edge-objects.ts";
import type { CloudflareEdges } from "../provider/cloudflare/create-cloudflare-edges.ts";
import type { DenoEdges } from "../provider/deno-deploy/create-deno-edges.ts";
import type { Provider } from "../provider/provider.ts";

export interface HostedEdges {
  readonly cloudflare: CloudflareEdges;
  readonly denoDeploy: DenoEdges;
}

export interface HostedTarget {
  provider(): Provider;
  /** Done when functions can be published. */
  check(): Promise<Outcome>;
  /** What is said of it then. */
  readonly available: string;
}

/** Undefined for a pool. The Secrets of ClusterEdgeTargets are in the operator's namespace. */
export function hostedTarget(
  { cloudflare, denoDeploy }: HostedEdges,
  target: EdgeTarget,
  operatorNamespace: string,
): HostedTarget | undefined {
  const namespace = target.metadata.namespace ?? operatorNamespace;
  const { spec } = target;
  if (spec.cloudflare !== undefined) {
    const { cloudflare: own } = spec;
    return {
      provider: () => cloudflare.provider(own, namespace),
      check: () => cloudflare.check(own, namespace),
      available: `Functions can be published to Cloudflare Workers, below ${own.workersDev.subdomain}.workers.dev.`,
    };
  }
  if (spec.denoDeploy === undefined) return undefined;
  const { denoDeploy: own } = spec;
  return {
    provider: () => denoDeploy.provider(own, namespace),
    check: () => denoDeploy.check(own, namespace),
    available: `Functions can be published to Deno Deploy, below ${own.organization}.deno.net.`,
  };
}
