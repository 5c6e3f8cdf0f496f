/** An operator on the base class, against the fake API server. */
import { type ResourceEvent, ResourceEventType } from "@dot-i/k8s-operator";
import { KubeConfig } from "@kubernetes/client-node";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { startFakeApiServer } from "../../test/kit/fake-apiserver/fake-api-server.ts";
import { answerWith } from "../../test/kit/fake-apiserver/fault.ts";
import { FastClock } from "../../test/kit/fast-clock.ts";
import { ApiCaller } from "./api-caller.ts";
import { Connection } from "./connection.ts";
import { HttpKubeClient } from "./http-client.ts";
import { HttpListWatch } from "./http-list-watch.ts";
import type { KubeClient } from "./kube-client.ts";
import { type ConfigMap, configMaps, type Deployment, deployments } from "./objects.ts";
import { OperatorBase } from "./operator-base.ts";
import type { OperatorDeps } from "./operator-deps.ts";
import { keyOf, metaOf, type OnResourceEvent } from "./resource-events.ts";

const finalizer = "ebb.dev/test";
const ref = { namespace: "shop", name: "settings" };
const settings: ConfigMap = { metadata: { ...ref, finalizers: ["other/one"] }, data: { a: "1" } };

const act: OnResourceEvent = () => Promise.resolve();

type Init = (operator: TestOperator) => Promise<void> | void;

/** Shows what is protected, and registers in init what a test wants. */
class TestOperator extends OperatorBase {
  readonly #onInit: Init;

  constructor(deps: OperatorDeps, onInit: Init) {
    super(deps);
    this.#onInit = onInit;
  }

  protected override async init(): Promise<void> {
    await this.#onInit(this);
  }

  get libraryParts() {
    return {
      watchResource: this.watchResource.bind(this),
      handleResourceFinalizer: this.handleResourceFinalizer.bind(this),
      setResourceStatus: this.setResourceStatus.bind(this),
      patchResourceStatus: this.patchResourceStatus.bind(this),
      setResourceFinalizers: this.setResourceFinalizers.bind(this),
      getCustomResourceApiUri: this.getCustomResourceApiUri.bind(this),
      registerCustomResourceDefinition: this.registerCustomResourceDefinition.bind(this),
      applyAxiosKubeConfigAuth: this.applyAxiosKubeConfigAuth.bind(this),
      applyGaxiosKubeConfigAuth: this.applyGaxiosKubeConfigAuth.bind(this),
    };
  }

  get parts() {
    return { watch: this.watch.bind(this), control: this.control.bind(this) };
  }
}

async function setUp(onInit: Init = () => undefined) {
  const server = await startFakeApiServer();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  const clock = new FastClock(200);
  const connection = new Connection({ kubeConfig, clock });
  const caller = new ApiCaller({ connection, clock });
  const operator = new TestOperator(
    {
      kubeConfig,
      client: new HttpKubeClient({ caller }),
      listWatch: new HttpListWatch({ caller, connection }),
      clock,
      log: pino({ level: "silent" }),
    },
    onInit,
  );
  return {
    server,
    operator,
    async [Symbol.asyncDispose]() {
      operator.stop();
      await operator.stopped();
      await connection.close();
      await server.stop();
    },
  };
}

const waitFor = async (check: () => void): Promise<void> => {
  await vi.waitFor(check, { timeout: 30_000, interval: 5 });
};

test("start calls init, caches fill before work, controllers run while it works, stop ends it all", async () => {
  const exit = vi.spyOn(process, "exit");
  const handled: string[] = [];
  const seen: KubeClient[] = [];
  await using world = await setUp(({ parts }) => {
    const queue = parts.control({
      name: "settings",
      workers: 2,
      handler: (client) => {
        seen.push(client);
        return async (key) => {
          handled.push(key);
          await client.find(configMaps, ref);
        };
      },
    });
    parts.watch(configMaps, { onEvent: ({ object }) => queue.add(keyOf(object)) });
  });
  world.server.put(configMaps, settings);
  await world.operator.start();
  await world.operator.synced();
  expect(handled).toEqual([]);
  const lead = new AbortController();
  const working = world.operator.work(lead.signal);
  await waitFor(() => expect(handled).toEqual(["shop/settings"]));
  world.operator.stop();
  await working;
  await world.operator.stopped();
  lead.abort(new Error("lease lost"));
  await expect(seen[0]?.get(configMaps, ref)).rejects.toThrow("lease lost");
  expect(exit).not.toHaveBeenCalled();
});

test("a lost lease ends the work and fences it, and a new term works again", async () => {
  const outcomes: string[] = [];
  let started = 0;
  await using world = await setUp(({ parts }) => {
    const queue = parts.control({
      name: "settings",
      workers: 1,
      handler: (client) => async (_key, signal) => {
        started += 1;
        const lost = new Promise((resolve) => signal.addEventListener("abort", resolve));
        if (started === 1) await lost;
        const answer = client.merge(configMaps, ref, { data: { a: "2" } });
        outcomes.push(
          await answer.then(
            () => "written",
            (error: unknown) => String(error),
          ),
        );
      },
    });
    parts.watch(configMaps, { onEvent: ({ object }) => queue.add(keyOf(object)) });
  });
  world.server.put(configMaps, settings);
  await world.operator.start();
  await world.operator.synced();
  const first = new AbortController();
  const working = world.operator.work(first.signal);
  await waitFor(() => expect(started).toBe(1));
  first.abort(new Error("lease lost"));
  await working;
  expect(outcomes).toEqual(["Error: lease lost"]);
  const second = world.operator.work(new AbortController().signal);
  world.server.change(configMaps, ref, (live) => ({ ...live, data: { a: "3" } }));
  await waitFor(() => expect(outcomes).toContain("written"));
  world.operator.stop();
  await second;
});

test("synced rejects when the operator is stopped first", async () => {
  await using world = await setUp(({ parts }) => void parts.watch(configMaps));
  world.server.onRequest(() => answerWith(500, "InternalError"));
  await world.operator.start();
  const synced = world.operator.synced().catch((reason: unknown) => reason);
  world.operator.stop();
  expect(await synced).toMatchObject({ message: "the operator is stopped" });
});

test("watchResource delivers the library's events, again when the handler throws, and deletions that no watch showed", async () => {
  const events: string[] = [];
  let failures = 2;
  const onEvent: OnResourceEvent = ({ type, meta, object }) => {
    failures -= 1;
    if (failures >= 0) return Promise.reject(new Error("not yet"));
    events.push(`${type} ${meta.id} ${meta.namespace}/${meta.name} ${object.kind}`);
    return Promise.resolve();
  };
  await using world = await setUp(
    async ({ libraryParts }) => await libraryParts.watchResource("", "v1", "configmaps", onEvent, "shop"),
  );
  world.server.put(configMaps, { ...settings, metadata: ref });
  await world.operator.start();
  const working = world.operator.work(new AbortController().signal);
  await waitFor(() => expect(events).toHaveLength(1));
  world.server.change(configMaps, ref, (live) => ({ ...live, data: { a: "2" } }));
  await waitFor(() => expect(events).toHaveLength(2));
  world.server.cutWatches();
  world.server.remove(configMaps, ref);
  world.server.compact();
  await waitFor(() => expect(events).toHaveLength(3));
  expect(events).toEqual([
    "ADDED configmaps.v1 shop/settings ConfigMap",
    "MODIFIED configmaps.v1 shop/settings ConfigMap",
    "DELETED configmaps.v1 shop/settings ConfigMap",
  ]);
  world.operator.stop();
  await working;
});

function eventOf(object: ConfigMap, type = ResourceEventType.Modified): ResourceEvent {
  return { type, meta: metaOf("configmaps", object), object: object as unknown as ResourceEvent["object"] };
}

test("the finalizer is added first, then nothing is left to do but the event", async () => {
  await using world = await setUp();
  const { handleResourceFinalizer } = world.operator.libraryParts;
  const event = eventOf(world.server.put(configMaps, settings), ResourceEventType.Added);
  expect(
    await handleResourceFinalizer(event, finalizer, () => Promise.reject(new Error("not deleted"))),
  ).toBe(true);
  const live = world.server.read(configMaps, ref);
  expect(live?.metadata.finalizers).toEqual(["other/one", finalizer]);
  expect(event.object.metadata?.finalizers).toEqual(["other/one"]);
  expect(await handleResourceFinalizer(eventOf(live ?? settings), finalizer, () => Promise.resolve())).toBe(
    false,
  );
});

test("on deletion the action runs, then only our finalizer goes", async () => {
  await using world = await setUp();
  const { handleResourceFinalizer } = world.operator.libraryParts;
  world.server.put(configMaps, { ...settings, metadata: { ...ref, finalizers: [finalizer, "other/one"] } });
  world.server.remove(configMaps, ref);
  const deleted = eventOf(world.server.read(configMaps, ref) ?? settings);
  const failing = handleResourceFinalizer(deleted, finalizer, () =>
    Promise.reject(new Error("not cleaned up")),
  );
  await expect(failing).rejects.toThrow("not cleaned up");
  expect(world.server.read(configMaps, ref)?.metadata.finalizers).toEqual([finalizer, "other/one"]);
  const acted: string[] = [];
  const remember: OnResourceEvent = async (event) => void acted.push(event.meta.name);
  expect(await handleResourceFinalizer(deleted, finalizer, remember)).toBe(true);
  expect(acted).toEqual(["settings"]);
  expect(world.server.read(configMaps, ref)?.metadata.finalizers).toEqual(["other/one"]);
  const others = eventOf(world.server.read(configMaps, ref) ?? settings);
  expect(await handleResourceFinalizer(others, finalizer, remember)).toBe(true);
  expect(acted).toEqual(["settings"]);
});

test("a finalizer whose object is gone by then is no error, a deleted event is none of its business", async () => {
  await using world = await setUp();
  const { handleResourceFinalizer } = world.operator.libraryParts;
  const object = world.server.put(configMaps, { ...settings, metadata: { ...ref, finalizers: [finalizer] } });
  const metadata = { ...object.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" };
  world.server.change(configMaps, ref, (live) => ({
    ...live,
    metadata: { ...live.metadata, finalizers: [] },
  }));
  world.server.remove(configMaps, ref);
  expect(await handleResourceFinalizer(eventOf({ ...object, metadata }), finalizer, act)).toBe(true);
  expect(await handleResourceFinalizer(eventOf(object, ResourceEventType.Deleted), finalizer, act)).toBe(
    false,
  );
});

test("status and finalizers are written at the version that was read only", async () => {
  await using world = await setUp();
  const { setResourceStatus, patchResourceStatus, setResourceFinalizers } = world.operator.libraryParts;
  const labels = { app: "a" };
  const template = { metadata: { labels }, spec: { containers: [{ name: "c", image: "i" }] } };
  const spec = { replicas: 1, selector: { matchLabels: labels }, template };
  const put = world.server.put<Deployment>(deployments, {
    metadata: { namespace: "shop", name: "web" },
    spec,
  });
  const meta = metaOf("deployments", put);
  const set = await setResourceStatus(meta, { replicas: 3, readyReplicas: 2 });
  const patched = await patchResourceStatus(set ?? meta, { readyReplicas: 3 });
  const name = { namespace: "shop", name: "web" };
  expect(world.server.read(deployments, name)?.status).toMatchObject({ replicas: 3, readyReplicas: 3 });
  await expect(setResourceStatus(meta, {})).rejects.toMatchObject({ status: 409 });
  await expect(patchResourceStatus(meta, {})).rejects.toMatchObject({ status: 409 });
  await expect(setResourceFinalizers(meta, [])).rejects.toMatchObject({ status: 409 });
  await setResourceFinalizers(patched ?? meta, [finalizer]);
  expect(world.server.read(deployments, name)?.metadata.finalizers).toEqual([finalizer]);
});

test("what would go past the client is refused", async () => {
  await using world = await setUp();
  const parts = world.operator.libraryParts;
  await expect(parts.registerCustomResourceDefinition()).rejects.toThrow("installed by the chart");
  await expect(parts.applyAxiosKubeConfigAuth()).rejects.toThrow("the operator's client");
  await expect(parts.applyGaxiosKubeConfigAuth()).rejects.toThrow("the operator's client");
  expect(parts.getCustomResourceApiUri("ebb.dev", "v1alpha1", "edgefunctions", "shop")).toBe(
    `${world.server.url}/apis/ebb.dev/v1alpha1/namespaces/shop/edgefunctions`,
  );
});
