/** Which edge has a function: that of its target, as long as it is the one that it was published to. */
import { LRUCache } from "lru-cache";
import type { FunctionIdentity } from "../api/function-identity.ts";
import { type Outcome, pending } from "../api/outcome.ts";
import type { Upstream } from "../api/upstream.ts";
import { functionKey } from "../api/v1alpha1/names.ts";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { CloudflareEdges } from "../provider/cloudflare/create-cloudflare-edges.ts";
import type { Provider } from "../provider/provider.ts";
import { findTarget, type TargetStores } from "./find-target.ts";

export interface EdgesDeps {
  readonly stores: TargetStores;
  readonly pool: Provider;
  readonly cloudflare: Pick<CloudflareEdges, "provider">;
  /** Where the Secrets of ClusterEdgeTargets are. */
  readonly operatorNamespace: string;
}

/** Functions whose last edge is remembered, for when its target is deleted before they are. */
const most = 4096;

export function createEdges(deps: EdgesDeps): (fn: EdgeFunction) => Provider {
  const former = new LRUCache<string, Provider>({ max: most });
  return (fn) => {
    const { uid = "" } = fn.metadata;
    const found = chosen(deps, fn);
    const provider = [found, former.get(uid)].find((each) => each !== undefined && has(each, fn));
    if (provider === undefined) return leftEdge(fn, found !== undefined);
    former.set(uid, provider);
    // The edge is there, and its target is not: it can be left, and nothing else.
    return provider === found
      ? provider
      : { ...leftEdge(fn, found !== undefined), retire: (id) => provider.retire(id) };
  };
}

/** The pool also when there is no target: it needs none to let a function go. */
function chosen({ stores, pool, cloudflare, operatorNamespace }: EdgesDeps, fn: EdgeFunction) {
  const found = findTarget(fn, stores);
  const { cloudflare: spec } = found?.target.spec ?? {};
  if (spec === undefined) return pool;
  return cloudflare.provider(spec, found?.target.metadata.namespace ?? operatorNamespace);
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

/** Serves on, and is not changed. */
function leftEdge(fn: EdgeFunction, hasTarget: boolean): Provider {
  const { edge } = fn.status ?? {};
  const host = publishedAt(fn)?.hostname ?? "";
  const now = hasTarget ? "now leads elsewhere" : "is gone";
  const moved = (): Promise<Outcome> =>
    Promise.resolve(
      pending(
        "EdgeTargetChanged",
        `The function is published at ${host} by ${edge?.target}, and its target ${now}. Put the target back as it was; to move a function to another edge, delete it first.`,
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
