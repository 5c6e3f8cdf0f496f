/** One hop to one server, by Ebb's gateway as its pod runs it, by Traefik, and by nothing. */
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { podPlace } from "../../operator/traffic/gateway/envoy-config.ts";
import { renderConfig } from "../../operator/traffic/gateway/render-config.ts";
import { envoyBinary } from "../../test/cluster/tools/envoy.ts";
import { traefikBinary } from "../../test/cluster/tools/traefik.ts";
import { gatewayEntry } from "../../test/kit/gateway-entry.ts";
import { type Proxy, startProxy } from "./proxy.ts";

/** Processors that each proxy may use: the gateway's pod is started with as many. */
const threads = 2;
const server = { address: "127.0.70.1", port: 8080 };
const gatewayAddress = "127.0.70.2";
const traefik = { address: "127.0.70.3", port: 8000 };

export interface Hop {
  readonly direct: Proxy;
  readonly gateway: Proxy;
  readonly traefik: Proxy;
  stop(): Promise<void>;
}

/** Returns when all three answer. */
export async function startHop(): Promise<Hop> {
  const folder = await mkdtemp(join(tmpdir(), "ebb-bench-"));
  const started: Proxy[] = [];
  const start = async (starting: Promise<Proxy>): Promise<Proxy> => {
    const proxy = await starting;
    started.unshift(proxy);
    return proxy;
  };
  const stop = async (): Promise<void> => {
    for (const proxy of started) await proxy.stop();
    await rm(folder, { recursive: true });
  };
  try {
    return {
      direct: await start(startServer(folder)),
      gateway: await start(startGateway(folder)),
      traefik: await start(startTraefik(folder)),
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What is proxied to: it answers 1 KiB from memory, quicker than any application, so that the hop is what is seen. */
async function startServer(folder: string): Promise<Proxy> {
  const { address, port } = server;
  const file = join(folder, "server.json");
  await writeFile(file, JSON.stringify(serverConfig(address, port)));
  const args = ["-c", file, "--concurrency", "1", "--log-level", "error", "--disable-hot-restart"];
  return startProxy({ command: await envoyBinary(), args, url: `http://${address}:${port}/` });
}

function serverConfig(address: string, port: number) {
  const type = "type.googleapis.com/envoy.extensions.filters";
  const body = { inline_string: "x".repeat(1024) };
  const routes = [{ match: { prefix: "/" }, direct_response: { status: 200, body } }];
  const manager = {
    "@type": `${type}.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "server",
    route_config: { virtual_hosts: [{ name: "server", domains: ["*"], routes }] },
    http_filters: [{ name: "router", typed_config: { "@type": `${type}.http.router.v3.Router` } }],
  };
  const filters = [{ name: "http", typed_config: manager }];
  const listener = {
    address: { socket_address: { address, port_value: port } },
    filter_chains: [{ filters }],
  };
  return { static_resources: { listeners: [listener] } };
}

/** With what Ebb renders for one function that the edge serves. */
async function startGateway(folder: string): Promise<Proxy> {
  const entry = gatewayEntry(server.address);
  const place = { ...podPlace, bind: gatewayAddress, admin: gatewayAddress, folder };
  for (const [file, text] of Object.entries(renderConfig([entry], place)))
    await writeFile(join(folder, file), text);
  // A kubelet mounts files by way of such a link.
  await symlink(".", join(folder, "..data"));
  const config = ["-c", join(folder, "bootstrap.json"), "--concurrency", String(threads)];
  const args = [...config, "--log-level", "warning", "--disable-hot-restart"];
  return startProxy({
    command: await envoyBinary(),
    args,
    url: `http://${gatewayAddress}:${entry.port}/`,
  });
}

/** As an ingress controller runs it, without access log. */
async function startTraefik(folder: string): Promise<Proxy> {
  const { address, port } = traefik;
  const servers = [{ url: `http://${server.address}:${server.port}` }];
  const routes = {
    http: {
      routers: { all: { rule: "PathPrefix(`/`)", service: "server" } },
      services: { server: { loadBalancer: { servers } } },
    },
  };
  const file = join(folder, "traefik-routes.yaml");
  await writeFile(file, JSON.stringify(routes));
  const args = [
    `--entrypoints.web.address=${address}:${port}`,
    `--providers.file.filename=${file}`,
    "--log.level=ERROR",
    "--global.checknewversion=false",
    "--global.sendanonymoususage=false",
  ];
  return startProxy({
    command: await traefikBinary(),
    args,
    env: { GOMAXPROCS: String(threads) },
    url: `http://${address}:${port}/`,
  });
}
