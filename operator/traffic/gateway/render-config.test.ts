/** What is rendered is what Envoy takes, and fits into a ConfigMap. */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import { envoyBinary } from "../../../test/cluster/tools/envoy.ts";
import { gatewayEntry, testPath } from "../../../test/kit/gateway-entry.ts";
import { type GatewayEntry, readEntries } from "./entry.ts";
import { mostFunctions, renderConfig } from "./render-config.ts";

const run = promisify(execFile);
const address = "127.0.0.1";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ebb-validate-"));
});
afterEach(() => rm(folder, { recursive: true }));

/** All resources as static ones, so that Envoy checks those too that it would load while it runs. */
async function validate(data: Readonly<Record<string, string>>): Promise<void> {
  const parse = (file: string) => JSON.parse(data[file] ?? '{"resources":[]}');
  const bootstrap = parse("bootstrap.json");
  const route = JSON.stringify(parse("rds.json").resources[0]);
  const inline = (listener: Record<string, unknown>): unknown => {
    const text = JSON.stringify(listener, (name, value: unknown) => (name === "rds" ? undefined : value));
    return JSON.parse(
      text.replace(
        '"server_header_transformation"',
        `"route_config":${route},"server_header_transformation"`,
      ),
    );
  };
  bootstrap.static_resources.clusters.push(...parse("cds.json").resources.map(withoutType));
  bootstrap.static_resources.listeners.push(...parse("lds.json").resources.map(inline).map(withoutType));
  delete bootstrap.dynamic_resources;
  const file = join(folder, "static.json");
  await writeFile(
    file,
    JSON.stringify(bootstrap, (name, value: unknown) =>
      name === "@type" && isResource(value) ? undefined : value,
    ),
  );
  await run(await envoyBinary(), ["--mode", "validate", "-c", file, "-l", "error"]);
}

function withoutType(resource: Record<string, unknown>): Record<string, unknown> {
  const { "@type": _, ...rest } = resource;
  return rest;
}

function isResource(type: unknown): boolean {
  return typeof type === "string" && /config\.(route|listener|cluster)\.v3/.test(type);
}

const other = { ...testPath(address), edge: { host: "other.test", port: 443 } };
const shapes: Record<string, GatewayEntry[]> = {
  "no function": [],
  "a prepared function": [gatewayEntry(address, { stage: "prepared" })],
  "weight 0": [gatewayEntry(address, { weight: 0 })],
  "weight 1": [gatewayEntry(address, { weight: 1 })],
  "weight 100": [gatewayEntry(address, { weight: 100 })],
  "a function that closes": [gatewayEntry(address, { stage: "closing" })],
  "two paths": [gatewayEntry(address, { paths: [testPath(address), other] })],
  "IPv6 beside IPv4": [
    gatewayEntry(address, { service: { name: "a", portName: "", families: ["IPv4", "IPv6"] } }),
  ],
};

it.each(Object.entries(shapes))("renders %s as Envoy takes it", async (_, entries) => {
  await expect(validate(renderConfig(entries))).resolves.toBeUndefined();
});

it("is told by Envoy when a resource is wrong", async () => {
  const data = renderConfig([gatewayEntry(address)]);
  const wrong = {
    ...data,
    "cds.json": (data["cds.json"] ?? "").replace('"connect_timeout"', '"conect_timeout"'),
  };
  await expect(validate(wrong)).rejects.toThrow("conect_timeout");
});

it("keeps the entries that it was rendered from", () => {
  const entries = [gatewayEntry(address, { stage: "draining", weight: 30 })];
  expect(readEntries(renderConfig(entries))).toEqual(entries);
  expect(renderConfig(readEntries(renderConfig(entries)))).toEqual(renderConfig(entries));
});

it("fits into a ConfigMap with the most functions, ten of them on their way to another edge", () => {
  const service = { name: "s".repeat(63), portName: "http", families: ["IPv4", "IPv6"] as const };
  const host = `ebb-pool.${"n".repeat(63)}.svc`;
  const path = { edge: { host, port: 8080 }, origin: { address: "255.255.255.255", port: 65_535 } };
  const entries = Array.from({ length: mostFunctions }, (_, index) =>
    gatewayEntry(address, {
      key: `fn-${index.toString(16).padStart(10, "0")}`,
      name: "n".repeat(253),
      port: 20_000 + index,
      service,
      weight: 50,
      path,
      paths: index < 10 ? [path, other] : [path],
    }),
  );
  const size = Object.entries(renderConfig(entries)).reduce(
    (sum, [file, text]) => sum + file.length + text.length,
    0,
  );
  expect(size).toBeLessThan(1_048_576);
});

it("takes no header for the edge that would reach the workload", () => {
  const entry = gatewayEntry(address);
  const route = { ...entry.route, headers: { authorization: "Bearer" } };
  expect(() => renderConfig([{ ...entry, route }])).toThrow(TypeError);
});

it("changes no listener when weight, version or edge change", () => {
  const before = renderConfig([gatewayEntry(address, { weight: 0 })]);
  const changed = gatewayEntry(address, { weight: 100, path: other, paths: [testPath(address), other] });
  const after = renderConfig([
    { ...changed, route: { ...changed.route, headers: { "x-ebb-function": "v2" } } },
  ]);
  expect(after["lds.json"]).toBe(before["lds.json"]);
  expect(after["rds.json"]).not.toBe(before["rds.json"]);
});
