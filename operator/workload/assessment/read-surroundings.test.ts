import { afterEach, beforeEach, expect, it } from "vitest";
import { answerWith } from "../../../test/kit/fake-apiserver/fault.ts";
import { type FakeApiServer, startFakeApiServer } from "../../../test/kit/fake-apiserver/fake-api-server.ts";
import { kubeConfigOf } from "../../../test/kit/fake-apiserver/kube-config.ts";
import { istioKinds } from "../../../test/kit/istio/istio-kinds.ts";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import { sound, withMarks, withPods } from "../../../test/kit/assessment/surroundings.ts";
import { systemClock } from "../../api/system-clock.ts";
import { ApiCaller } from "../../kube/api-caller.ts";
import { Connection } from "../../kube/connection.ts";
import { HttpKubeClient } from "../../kube/http-client.ts";
import { namespaces } from "../../kube/objects.ts";
import {
  ingresses,
  limitRanges,
  networkPolicies,
  peerAuthentications,
  resourceQuotas,
} from "../../kube/policy-objects.ts";
import type { KubeObject, Resource } from "../../kube/resource.ts";
import type { OptionalStore } from "../../kube/store.ts";
import { createSurroundings, type ReadSurroundings, unwatchedMs } from "./read-surroundings.ts";
import type { Surroundings } from "./surroundings.ts";

let server: FakeApiServer;
let connection: Connection;
let clock: ManualClock;
let read: ReadSurroundings;
let asked: string[];
let isKnown: boolean;

/** A cache that is never behind. */
function storeOf<T extends KubeObject>(resource: Resource<T>): OptionalStore<T> {
  return {
    get isKnown() {
      return isKnown;
    },
    get: (namespace, name) =>
      server.read(resource, { ...(namespace === undefined ? {} : { namespace }), name }),
    list: (namespace) => (isKnown ? server.readAll(resource, namespace) : []),
  };
}

beforeEach(async () => {
  server = await startFakeApiServer({ customKinds: istioKinds() });
  connection = new Connection({ kubeConfig: kubeConfigOf(server), clock: systemClock });
  clock = new ManualClock();
  asked = [];
  isKnown = true;
  server.onRequest(({ verb, kind, namespace = "" }) => {
    asked.push(`${verb} ${kind.plural} ${namespace}`.trim());
    return undefined;
  });
  for (const name of ["shop", "ebb-system"]) server.put(namespaces, { metadata: { name } });
  read = createSurroundings({
    client: new HttpKubeClient({ caller: new ApiCaller({ connection, clock: systemClock }) }),
    clock,
    operatorNamespace: "ebb-system",
    makesPolicies: false,
    stores: {
      namespaces: storeOf(namespaces),
      networkPolicies: storeOf(networkPolicies),
      resourceQuotas: storeOf(resourceQuotas),
      limitRanges: storeOf(limitRanges),
      ingresses: storeOf(ingresses),
    },
  });
});

afterEach(async () => {
  await connection.close();
  await server.stop();
});

const role: Resource<KubeObject & { rules: unknown }> = rbac("roles", "Role");
const binding: Resource<KubeObject & { roleRef: unknown; subjects: unknown }> = rbac(
  "rolebindings",
  "RoleBinding",
);

function rbac<T extends KubeObject>(plural: string, kind: string): Resource<T> {
  return { group: "rbac.authorization.k8s.io", version: "v1", plural, kind, namespaced: true };
}

/** Lets the namespace's account `default` make Leases. */
function electLeader(): void {
  const metadata = { namespace: "shop", name: "leader" };
  const rules = [{ apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] }];
  server.put(role, { metadata, rules });
  const subjects = [{ kind: "ServiceAccount", name: "default", namespace: "shop" }];
  server.put(binding, { metadata, subjects, roleRef: { kind: "Role", name: "leader" } });
}

it("asks what an account may once, and again after ten minutes", async () => {
  electLeader();
  expect((await read(sound)).rights).toEqual(["Leases"]);
  await read(sound);
  expect(asked).toEqual(["create subjectaccessreviews", "create subjectaccessreviews"]);
  server.remove(binding, { namespace: "shop", name: "leader" });
  await clock.advance(600_000);
  expect((await read(sound)).rights).toEqual([]);
});

it("asks once for functions that come at the same time", async () => {
  await Promise.all([read(sound), read(sound), read(sound)]);
  expect(asked).toHaveLength(2);
});

it("does not ask about pods without a token", async () => {
  electLeader();
  expect((await read(withPods({ automountServiceAccountToken: false }))).rights).toEqual([]);
  expect(asked).toEqual([]);
});

const meshed: Surroundings = withMarks({ labels: { "sidecar.istio.io/inject": "true" } });

it("reads policies of a mesh only for pods in it, and of the whole mesh too", async () => {
  const spec = { mtls: { mode: "STRICT" } } as const;
  server.put(peerAuthentications, { metadata: { namespace: "shop", name: "here" }, spec });
  server.put(peerAuthentications, { metadata: { namespace: "istio-system", name: "all" }, spec });
  server.put(peerAuthentications, { metadata: { namespace: "till", name: "other" }, spec });
  expect((await read(sound)).peerAuthentications).toEqual([]);
  asked.length = 0;
  const seen = await read(meshed);
  expect(seen.peerAuthentications.map(({ metadata }) => metadata.name)).toEqual(["here", "all"]);
  await read(meshed);
  expect(asked).toEqual(["list peerauthentications shop", "list peerauthentications istio-system"]);
  server.remove(peerAuthentications, { namespace: "shop", name: "here" });
  await clock.advance(unwatchedMs);
  expect((await read(meshed)).peerAuthentications).toHaveLength(1);
});

it("takes a cluster without Istio for one without policies", async () => {
  server.onRequest(({ kind }) =>
    kind.plural === "peerauthentications" ? answerWith(404, "NotFound") : undefined,
  );
  const seen = await read(meshed);
  expect([seen.peerAuthentications, seen.unchecked]).toEqual([[], []]);
});

it("reads all of an Ingress that speaks of its backend's protocol, once while it stays the same", async () => {
  const annotations = { "nginx.ingress.kubernetes.io/backend-protocol": "GRPC" };
  const ref = { namespace: "shop", name: "web" };
  server.put(ingresses, { metadata: { ...ref, annotations }, spec: {} });
  server.put(ingresses, { metadata: { namespace: "shop", name: "plain" }, spec: {} });
  await read(sound);
  expect((await read(sound)).ingresses.map(({ metadata }) => metadata.name)).toEqual(["web"]);
  expect(asked.filter((each) => each.includes("ingresses"))).toEqual(["get ingresses shop"]);
  server.change(ingresses, ref, (live) => ({
    ...live,
    spec: { defaultBackend: { service: { name: "a" } } },
  }));
  expect((await read(sound)).ingresses[0]?.spec).toEqual({ defaultBackend: { service: { name: "a" } } });
});

it("names what the account may not read, and goes on without it", async () => {
  isKnown = false;
  server.onRequest(() => answerWith(403, "Forbidden"));
  const seen = await read(meshed);
  expect(seen.unchecked).toEqual([
    "ingresses",
    "limitranges",
    "networkpolicies",
    "peerauthentications",
    "resourcequotas",
    "subjectaccessreviews",
  ]);
  expect([seen.rights, seen.peerAuthentications]).toEqual([[], []]);
});

it("throws what is no refusal, and asks anew", async () => {
  const unhook = server.onRequest(() => answerWith(500, "InternalError"));
  await expect(read(sound)).rejects.toThrow(/InternalError/);
  unhook();
  expect((await read(sound)).rights).toEqual([]);
});
