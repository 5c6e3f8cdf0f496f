/** Which edge has a function: that of its target, as long as it is the one that it was published to. */
import { LRUCache } from "lru-cache";
import type { FunctionIdentity } from "../api/function-identity.ts";
import { type Outcome, pending } from "../api/outcome.ts";
import type { Upstream } from "../api/upstream.ts";
import { functionKey } from "../api/v1alpha1/names.ts";
import type { EdgeFunction, EdgeTarget } from "../kube/edge-objects.ts";
import type { Provider } from "../provider/provider.ts";
import { findTarget, type TargetStores } from "./find-target.ts";
import { type HostedEdges, hostedTarget } from "./hosted-target.ts";

export interface EdgesDeps {
  readonly stores: TargetStores;
  readonly pool: Provider;
  readonly hosted: HostedEdges;
  /** Where the Secrets of ClusterEdgeTargets are. */
  readonly operatorNamespace: string;
}

/** Functions whose last edge is remembered, for when its target is deleted before they are. */
const most = 4096;

export function createEdges(deps: EdgesDeps): (fn: EdgeFunction) => Provider {
  const former = new LRUCache<string, Provider>({ max: most });
  return (fn) => {
    const { uid = "" } = fn.metadata;
    const target = findTarget(fn, deps.stores)?.target;
    const chosen = edgeOf(deps, target);
    const provider = [chosen, former.get(uid), deps.pool].find((each) => each !== undefined && has(each, fn));
    const left = (): Provider => leftEdge(fn, target === undefined ? "is gone" : "now leads elsewhere");
    if (provider === undefined) return left();
    former.set(uid, provider);
    if (provider === chosen) return provider;
    // The edge is there, and its target is not: it can be left, and nothing else.
    return {
      ...left(),
      upstream: (id, version) => provider.upstream(id, version),
      retire: (id) => provider.retire(id),
    };
  };
}

/** The pool also when there is no target: it needs none to let a function go. */
function edgeOf({ pool, hosted, operatorNamespace }: EdgesDeps, target: EdgeTarget | undefined): Provider {
  if (target === undefined) return pool;
  return hostedTarget(hosted, target, operatorNamespace)?.provider() ?? pool;
}

/** Whether what fn has published is at that edge, if it has. */
function has(provider: Provider, fn: EdgeFunction): boolean {
  const { namespace = "", name, uid = "" } = fn.metadata;
  const host = publishedAt(fn)?.hostname;
  return (
    host === undefined || provider.upstream({ key: functionKey(uid), namespace, name, uid }, "").host === host
  );
}

function publishedAt({ status }: EdgeFunction): URL | undefined {
  return status?.edge?.url === undefined ? undefined : new URL(status.edge.url);
}

/** Serves on, and is not changed; what says what became of the target. */
function leftEdge(fn: EdgeFunction, what: string): Provider {
  const { edge } = fn.status ?? {};
  const host = publishedAt(fn)?.hostname ?? "";
  const moved = (): Promise<Outcome> =>
    Promise.resolve(
      pending(
        "EdgeTargetChanged",
        `The function is published at ${host} by ${edge?.target}, and its target ${what}. Put the target back as it was; to move a function to another edge, delete it first.`,
      ),
    );
  return {
    version: () => edge?.version ?? "",
    publish: moved,
    upstream: (): Upstream => ({ host, port: 443, isPublic: true, headers: {} }),
    observe: moved,
    keepOnly: moved,
    retire: (_fn: FunctionIdentity) => moved(),
  };
}
