import { KubeConfig } from "@kubernetes/client-node";
import pino from "pino";
import { afterEach, beforeEach, expect, it } from "vitest";
import { answerWith } from "../../../test/kit/fake-apiserver/fault.ts";
import { type FakeApiServer, startFakeApiServer } from "../../../test/kit/fake-apiserver/fake-api-server.ts";
import { gatewayEntry } from "../../../test/kit/gateway-entry.ts";
import { systemClock } from "../../api/system-clock.ts";
import { ApiCaller } from "../../kube/api-caller.ts";
import { Connection } from "../../kube/connection.ts";
import { HttpKubeClient } from "../../kube/http-client.ts";
import { configMaps, namespaces } from "../../kube/objects.ts";
import { ConfigReader } from "./config-reader.ts";
import { type GatewayEntry, readEntries } from "./entry.ts";
import { GatewayWriter } from "./writer.ts";

const ref = { namespace: "shop", name: "ebb-gateway" };
const address = "10.1.0.1";

let server: FakeApiServer;
let connection: Connection;
let written: string[];
let writer: GatewayWriter;

beforeEach(async () => {
  server = await startFakeApiServer();
  server.put(namespaces, { metadata: { name: "shop" } });
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  connection = new Connection({ kubeConfig, clock: systemClock });
  const client = new HttpKubeClient({ caller: new ApiCaller({ connection, clock: systemClock }) });
  written = [];
  writer = newWriter(client);
});
afterEach(async () => {
  await connection.close();
  await server.stop();
});

function newWriter(client: HttpKubeClient): GatewayWriter {
  return new GatewayWriter({
    client,
    reader: new ConfigReader({ client, gateway: ref.name }),
    clock: systemClock,
    log: pino({ level: "silent" }),
    gateway: ref.name,
    written: async (namespace) => void written.push(namespace),
  });
}

const stored = (): GatewayEntry[] => readEntries(server.read(configMaps, ref)?.data);
const fn = (index: number): GatewayEntry =>
  gatewayEntry(address, { key: `fn-000000000${index}`, port: 20_000 + index });
const put = (entry: GatewayEntry) => writer.change("shop", entry.key, () => entry);

it("writes many changes of a moment at once", async () => {
  await put(fn(0));
  const before = server.writes.length;
  await Promise.all([1, 2, 3, 4, 5].map((index) => put(fn(index))));
  expect(server.writes.length - before).toBe(1);
  expect(stored()).toHaveLength(6);
  expect(written).toEqual(["shop", "shop"]);
});

it("writes nothing when nothing changes", async () => {
  await put(fn(0));
  const before = server.writes.length;
  expect(await put(fn(0))).toEqual(fn(0));
  expect(server.writes.length).toBe(before);
  expect(written).toEqual(["shop"]);
});

it("removes all files of an entry that goes", async () => {
  await Promise.all([put(fn(0)), put(fn(1))]);
  await writer.change("shop", fn(0).key, () => undefined);
  const files = Object.keys(server.read(configMaps, ref)?.data ?? {});
  expect(files.filter((file) => file.includes(fn(0).key))).toEqual([]);
  expect(stored()).toEqual([fn(1)]);
});

it("applies its change to what another writer has stored meanwhile", async () => {
  await put(fn(0));
  let interfered = false;
  server.onRequest(({ verb, kind }) => {
    if (verb !== "patch" || kind.plural !== "configmaps" || interfered) return undefined;
    interfered = true;
    const entry = { ...fn(0), stage: "leaving" as const };
    server.change(configMaps, ref, (live) => ({
      ...live,
      data: { ...live.data, [`entry-${entry.key}.json`]: JSON.stringify(entry) },
    }));
    return undefined;
  });
  await put(fn(1));
  expect(stored().map(({ stage }) => stage)).toEqual(["leaving", "serving"]);
});

it("tells each caller its own error", async () => {
  const refuse = writer.change("shop", fn(0).key, () => {
    throw new RangeError("no room");
  });
  const [refused, accepted] = await Promise.allSettled([refuse, put(fn(1))]);
  expect(refused).toMatchObject({ status: "rejected", reason: new RangeError("no room") });
  expect(accepted).toMatchObject({ status: "fulfilled", value: fn(1) });
});

it("tells all callers when the API server refuses, and goes on with the next", async () => {
  const release = server.onRequest(({ verb, kind }) =>
    verb === "create" && kind.plural === "configmaps" ? answerWith(403, "Forbidden") : undefined,
  );
  await expect(put(fn(0))).rejects.toMatchObject({ status: 403 });
  release();
  expect(await put(fn(1))).toEqual(fn(1));
});

it("leaves a ConfigMap of the name that is not Ebb's alone", async () => {
  const theirs = server.put(configMaps, { metadata: ref, data: { a: "1" } });
  await expect(put(fn(0))).rejects.toThrow("is not Ebb's");
  expect(server.read(configMaps, ref)).toEqual(theirs);
});
