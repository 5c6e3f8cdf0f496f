import { expect, it } from "vitest";
import { done } from "../api/outcome.ts";
import { functionKey } from "../api/v1alpha1/names.ts";
import type { EdgeFunction, EdgeTarget } from "../kube/edge-objects.ts";
import type { Provider } from "../provider/provider.ts";
import { createEdges } from "./edges.ts";

const uid = "00000000-0000-4000-8000-000000000001";
const identity = { namespace: "shop", name: "auth", uid, key: functionKey(uid) };
const artifact = {
  abi: "Worker" as const,
  digest: "sha256:0",
  bytes: () => Promise.resolve(Buffer.of()),
  env: {},
};
const pool = edgeAt("ebb-pool.shop.svc", 8080);
const cloudflare = edgeAt("ebb-1.acme.workers.dev", 443);
const deno = edgeAt("ebb-1.acme.deno.net", 443);
const hosted = {
  cloudflare: { provider: () => cloudflare.provider, check: () => Promise.resolve(done) },
  denoDeploy: { provider: () => deno.provider, check: () => Promise.resolve(done) },
};

function edgeAt(host: string, port: number) {
  const retired: string[] = [];
  const provider: Provider = {
    version: () => "v-1",
    publish: () => Promise.resolve(done),
    observe: () => Promise.resolve(done),
    keepOnly: () => Promise.resolve(done),
    upstream: () => ({ host, port, headers: { "x-ebb-function": "auth" } }),
    retire: ({ name }) => {
      retired.push(name);
      return Promise.resolve(done);
    },
  };
  return { provider, retired };
}

/** As an operator that has just started sees it. */
function edgeOf(url: string | undefined, spec: object | undefined): Provider {
  const target = { metadata: { name: "default", namespace: "shop" }, spec } as unknown as EdgeTarget;
  const stores = {
    edgeTargets: { get: () => (spec === undefined ? undefined : target), list: () => [] },
    clusterEdgeTargets: { get: () => undefined, list: () => [] },
  };
  const fn = {
    metadata: { name: "auth", namespace: "shop", uid },
    spec: {},
    status: url === undefined ? {} : { edge: { target: "EdgeTarget/default", version: "v-1", url } },
  } as unknown as EdgeFunction;
  return createEdges({
    stores,
    pool: pool.provider,
    hosted,
    operatorNamespace: "ebb-system",
  })(fn);
}

const atPool = "http://ebb-pool.shop.svc:8080";
const atCloudflare = "https://ebb-1.acme.workers.dev";
const changed = { done: false, reason: "EdgeTargetChanged" };

it("gives a function the edge of its target", () => {
  expect(edgeOf(undefined, { workerd: {} })).toBe(pool.provider);
  expect(edgeOf(undefined, undefined)).toBe(pool.provider);
  expect(edgeOf(undefined, { cloudflare: { workersDev: { subdomain: "acme" } } })).toBe(cloudflare.provider);
  expect(edgeOf(atCloudflare, { cloudflare: { workersDev: { subdomain: "acme" } } })).toBe(
    cloudflare.provider,
  );
  expect(edgeOf("https://ebb-1.acme.deno.net", { denoDeploy: { organization: "acme" } })).toBe(deno.provider);
});

it("lets a function leave the pool, and nothing else, when its target leads elsewhere", async () => {
  const edge = edgeOf(atPool, { cloudflare: { workersDev: { subdomain: "acme" } } });
  expect(await edge.publish(identity, artifact)).toMatchObject(changed);
  expect(edge.upstream(identity, "v-1")).toEqual(pool.provider.upstream(identity, "v-1"));
  expect(await edge.retire(identity)).toEqual(done);
  expect(pool.retired).toEqual(["auth"]);
});

it.each([
  ["leads elsewhere", { workerd: {} }, "its target now leads elsewhere"],
  ["is gone", undefined, "its target is gone"],
])("says so of a function outside of the cluster whose target %s", async (_what, spec, said) => {
  const edge = edgeOf(atCloudflare, spec);
  for (const outcome of [
    await edge.publish(identity, artifact),
    await edge.observe(identity, "v-1"),
    await edge.retire(identity),
  ])
    expect(outcome).toMatchObject({ ...changed, message: expect.stringContaining(said) as string });
  expect(edge.upstream(identity, "v-1")).toMatchObject({ host: "ebb-1.acme.workers.dev", isPublic: true });
});
