/** The gateway as it runs in its pod: upstream's Envoy on a loopback address, with a ConfigMap's mount that can be swapped. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { request } from "undici";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import type { GatewayEntry } from "../../operator/traffic/gateway/entry.ts";
import { podPlace } from "../../operator/traffic/gateway/envoy-config.ts";
import { drainTokenVariable } from "../../operator/traffic/gateway/render-ops-listener.ts";
import { renderConfig } from "../../operator/traffic/gateway/render-config.ts";
import { envoyBinary } from "../cluster/tools/envoy.ts";

export interface RealGatewayOptions {
  /** A loopback address of its own; the ports are the real ones. */
  readonly address: string;
  readonly entries?: readonly GatewayEntry[];
  readonly drainToken?: string;
  /** File of the authorities that an edge outside of the cluster is believed by. */
  readonly authorities?: string;
  /** Name server in place of the machine's. */
  readonly nameServer?: { readonly address: string; readonly port: number };
}

export interface RealGateway {
  readonly address: string;
  /** What the process wrote so far. */
  output(): string;
  /** Memory of the process, bytes. */
  memory(): Promise<number>;
  /** Renders entries and swaps the mount as the kubelet does. */
  apply(entries: readonly GatewayEntry[]): Promise<void>;
  /** Ends the process as a node's failure does. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** Resolves when the gateway is ready. */
export async function startRealGateway(options: RealGatewayOptions): Promise<RealGateway> {
  const { address, entries = [], drainToken = "", nameServer } = options;
  const folder = await mkdtemp(join(tmpdir(), "ebb-gateway-"));
  const authorities = options.authorities ?? podPlace.authorities;
  const place = { bind: address, admin: address, folder, authorities };
  const apply = (wanted: readonly GatewayEntry[]): Promise<void> =>
    swapMount(folder, withNameServer(renderConfig(wanted, place), nameServer));
  await apply(entries);
  const args = [
    "-c",
    join(folder, "bootstrap.json"),
    "--concurrency",
    "2",
    "--drain-time-s",
    "2",
    "-l",
    "warning",
  ];
  const child = spawn(await envoyBinary(), [...args, "--disable-hot-restart"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { [drainTokenVariable]: drainToken },
  });
  const output: string[] = [];
  child.stdout.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => output.push(chunk.toString()));
  const exited = once(child, "exit");
  const kill = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  await Promise.race([
    ready(address),
    exited.then(() => Promise.reject(new Error(`Envoy has ended: ${output.join("")}`))),
  ]);
  return {
    address,
    output: () => output.join(""),
    memory: () => residentMemory(child.pid),
    apply,
    kill,
    stop: async () => {
      await kill();
      await rm(folder, { recursive: true });
    },
  };
}

async function residentMemory(pid: number | undefined): Promise<number> {
  const kilobytes = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))?.[1];
  if (kilobytes === undefined) throw new Error(`no memory is told of process ${pid}`);
  return Number(kilobytes) * 1024;
}

function withNameServer(
  data: Record<string, string>,
  server: RealGatewayOptions["nameServer"],
): Record<string, string> {
  if (server === undefined) return data;
  const resolvers = [{ socket_address: { address: server.address, port_value: server.port } }];
  const type = "type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig";
  const typed_config = { "@type": type, resolvers, dns_resolver_options: { no_default_search_domain: true } };
  const typed_dns_resolver_config = { name: "envoy.network.dns_resolver.cares", typed_config };
  const bootstrap = JSON.parse(data["bootstrap.json"] ?? "{}") as object;
  return { ...data, "bootstrap.json": JSON.stringify({ ...bootstrap, typed_dns_resolver_config }) };
}

/** In the layout of a mounted ConfigMap: every file is a link through `..data`, which one rename replaces. */
async function swapMount(folder: string, data: Readonly<Record<string, string>>): Promise<void> {
  const version = await mkdtemp(join(folder, "..version-"));
  for (const [file, text] of Object.entries(data)) await writeFile(join(version, file), text);
  const former = await readlink(join(folder, "..data")).catch(() => undefined);
  await symlink(version, join(folder, "..data_tmp"));
  await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  for (const file of Object.keys(data)) {
    await symlink(join("..data", file), join(folder, file)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
  if (former !== undefined) await rm(former, { recursive: true });
}

async function ready(address: string): Promise<void> {
  for (;;) {
    const answer = await request(`http://${address}:${ports.gatewayOps}/ready`).catch(() => undefined);
    await answer?.body.dump();
    if (answer?.statusCode === 200) return;
    await delay(20);
  }
}
