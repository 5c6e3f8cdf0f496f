/** What is written to a gateway's objects when others write to them too. */
import pino from "pino";
import { beforeEach, expect, it } from "vitest";
import type { KubeClient } from "../../kube/kube-client.ts";
import { ObjectCache } from "../../kube/object-cache.ts";
import type { ConfigMap, Deployment } from "../../kube/objects.ts";
import type { KubeObject, Resource } from "../../kube/resource.ts";
import { ConfigReader } from "./config-reader.ts";
import { GatewayKeeper } from "./gateway-objects.ts";
import { renderConfig } from "./render-config.ts";

const config: ConfigMap = {
  metadata: {
    name: "ebb-gateway",
    namespace: "shop",
    uid: "u-1",
    labels: { "app.kubernetes.io/managed-by": "ebb" },
  },
  data: renderConfig([]),
};

/** Adds what a mutating webhook adds, such as a mesh's sidecar. */
function withSidecar<T extends KubeObject>(object: T): T {
  const text = JSON.stringify(object).replace(
    '"containers":[',
    '"containers":[{"name":"mesh","image":"m:1"},',
  );
  return JSON.parse(text) as T;
}

let writes: number;
let requests: string[];
let stored: Map<string, KubeObject>;
let cache: ObjectCache<Deployment>;
let keeper: GatewayKeeper;
let changeImage: () => void;

function store(kind: string, object: KubeObject): KubeObject {
  const { generation = 0 } = stored.get(kind)?.metadata ?? {};
  writes += 1;
  const version = String(writes);
  const metadata = { ...object.metadata, uid: kind, generation: generation + 1, resourceVersion: version };
  const next = { ...object, metadata };
  stored.set(kind, next);
  if (kind === "Deployment") cache.replace([next as unknown as Deployment], version);
  return next;
}

beforeEach(() => {
  writes = 0;
  requests = [];
  stored = new Map([["ConfigMap", config]]);
  cache = new ObjectCache<Deployment>((deployment) => deployment);
  const client = {
    find: async ({ kind }: Resource) => {
      requests.push(`find ${kind}`);
      return stored.get(kind);
    },
    apply: async ({ kind }: Resource, wanted: KubeObject) => {
      requests.push(`apply ${kind}`);
      return store(kind, withSidecar(wanted));
    },
  } as unknown as KubeClient;
  keeper = newKeeper(client, "gateway:1");
  changeImage = () => {
    keeper = newKeeper(client, "gateway:2");
  };
});

function newKeeper(client: KubeClient, image: string): GatewayKeeper {
  const gateway = "ebb-gateway";
  const reader = new ConfigReader({ client, gateway });
  const log = pino({ level: "silent" });
  return new GatewayKeeper({ client, deployments: cache, reader, image, log, gateway });
}

/** Kinds that were applied since the last call. */
function applied(): string[] {
  const kinds = requests.filter((request) => request.startsWith("apply ")).map((request) => request.slice(6));
  requests = [];
  return kinds;
}

it("takes what a webhook makes of a Deployment for what it applied", async () => {
  await keeper.ensure(config);
  expect(applied()).toEqual(["ServiceAccount", "PodDisruptionBudget", "Deployment"]);
  await keeper.ensure(config);
  expect(requests).toEqual([]);
});

it("corrects what somebody changes afterwards, once", async () => {
  await keeper.ensure(config);
  applied();
  const { spec, ...deployment } = stored.get("Deployment") as Deployment;
  store("Deployment", { ...deployment, spec: { ...spec, replicas: 0 } } as Deployment);
  await keeper.ensure(config);
  expect(applied()).toEqual(["Deployment"]);
  expect((stored.get("Deployment") as Deployment).spec.replicas).toBe(2);
  await keeper.ensure(config);
  expect(requests).toEqual([]);
});

it("applies another image", async () => {
  await keeper.ensure(config);
  applied();
  changeImage();
  await keeper.ensure(config);
  expect(applied()).toEqual(["Deployment"]);
  await keeper.ensure(config);
  expect(requests).toEqual([]);
});
