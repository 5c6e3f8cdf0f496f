/**
 * A gateway for the fake cluster: the real ops protocol and the same routing, from the data of the gateway's ConfigMap.
 * It has no WebSockets and no limits; a contract test runs it beside Envoy.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { routesName } from "../../operator/traffic/gateway/envoy-config.ts";
import { drainHeader, opsPaths } from "../../operator/traffic/gateway/render-ops-listener.ts";
import { type FakeConfig, parseFakeConfig } from "./fake-gateway-config.ts";
import { type Resolve, routeRequest } from "./fake-gateway-proxy.ts";

export interface FakeGatewayOptions {
  /** A loopback address of its own; the ports are the real ones. */
  readonly address: string;
  /** The data of the ConfigMap as a mount would have it now. */
  readonly readConfig: () => Readonly<Record<string, string>>;
  /** DNS and ClusterIPs: where a host and port of the configuration really answer. */
  readonly resolve?: Resolve;
  readonly drainToken?: string;
}

export interface FakeGateway {
  readonly address: string;
  /** True since it was asked to drain. */
  readonly draining: boolean;
  /** Requests that it has answered, by function key. */
  readonly served: ReadonlyMap<string, number>;
  /** Reads the configuration again, as a gateway does when its mount is swapped. */
  refresh(): Promise<void>;
  stop(): Promise<void>;
}

interface OpenListener {
  readonly server: Server;
  readonly port: number;
}

class RunningGateway implements FakeGateway {
  readonly address: string;
  readonly served = new Map<string, number>();
  draining = false;
  readonly #options: FakeGatewayOptions;
  readonly #open = new Map<string, OpenListener>();
  /** Listeners that take no new connections. */
  readonly #closing = new Map<string, Server>();
  #config: FakeConfig = { listeners: [], clusters: new Map(), routes: new Map() };
  #ops: Server | undefined;

  constructor(options: FakeGatewayOptions) {
    this.address = options.address;
    this.#options = options;
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#ops = await listen(this.address, ports.gatewayOps, (request, response) =>
      this.#answerOps(request, response),
    );
  }

  async refresh(): Promise<void> {
    this.#config = parseFakeConfig(this.#options.readConfig());
    const wanted = new Set(this.#config.listeners.map(({ key }) => key as string));
    for (const [key, { server }] of this.#open) if (!wanted.has(key)) this.#close(key, server);
    for (const { key, port } of this.#config.listeners) {
      if (this.#open.has(key)) continue;
      const server = await listen(this.address, port, (request, response) =>
        this.#answer(key, request, response),
      );
      this.#open.set(key, { server, port });
    }
  }

  /** As Envoy drains: no new connection, and the open ones end with their next answer. */
  #close(key: string, server: Server): void {
    this.#open.delete(key);
    this.#closing.set(key, server);
    server.close(() => this.#closing.delete(key));
  }

  #answer(key: string, request: IncomingMessage, response: ServerResponse): void {
    this.served.set(key, (this.served.get(key) ?? 0) + 1);
    if (this.#closing.has(key)) response.setHeader("connection", "close");
    const count = this.served.get(key) ?? 0;
    routeRequest(
      { key, config: this.#config, resolve: this.#options.resolve ?? itself, count },
      request,
      response,
    );
  }

  #answerOps({ url, headers }: IncomingMessage, response: ServerResponse): void {
    if (url === opsPaths.ready) response.end("LIVE\n");
    else if (url === opsPaths.listeners) sendJson(response, this.#listenerStatuses());
    else if (url === opsPaths.stats) sendJson(response, { stats: this.#stats() });
    else if (url === opsPaths.errors) sendJson(response, { configs: [] });
    else if (url === opsPaths.drain) this.#answerDrain(headers[drainHeader], response);
    else response.writeHead(404).end();
  }

  #answerDrain(token: string | string[] | undefined, response: ServerResponse): void {
    const { drainToken = "" } = this.#options;
    if (drainToken === "" || token !== drainToken) {
      response.writeHead(403).end();
      return;
    }
    this.draining = true;
    response.end();
  }

  #listenerStatuses() {
    const names = ["ops", "origin", ...this.#open.keys()];
    return { listener_statuses: names.map((name) => ({ name })) };
  }

  #stats(): { name: string; value: string | number }[] {
    const clusters = [...this.#config.clusters.keys()];
    const versions = [...this.#config.routes].map(([key, { version }]) => `${key}=${version}`);
    const draining = [...this.#closing.keys()].map((key) => ({
      name: `listener.${key}.downstream_cx_active`,
      value: 1,
    }));
    return [
      ...clusters.map((name) => ({ name: `cluster.${name}.membership_total`, value: 1 })),
      // A listener is what looks for routes.
      ...[...this.#open.keys()].slice(0, 1).map((key) => ({
        name: `http.${key}.rds.${routesName}.version_text`,
        value: versions.join(" "),
      })),
      ...draining,
      ...clusters.map((name) => ({ name: `cluster.${name}.warming_state`, value: 0 })),
      ...["listener_manager.lds", "cluster_manager.cds"].map((name) => ({
        name: `${name}.update_rejected`,
        value: 0,
      })),
    ];
  }

  async stop(): Promise<void> {
    const open = [...this.#open.values()].map(({ server }) => server);
    const servers = [...open, ...this.#closing.values(), ...(this.#ops === undefined ? [] : [this.#ops])];
    await Promise.all(
      servers.map((server) => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()));
        server.closeAllConnections();
        return closed;
      }),
    );
  }
}

/** Resolves when the gateway is ready. */
export async function startFakeGateway(options: FakeGatewayOptions): Promise<FakeGateway> {
  const gateway = new RunningGateway(options);
  await gateway.start();
  return gateway;
}

const itself: Resolve = (host, port) => [{ host, port }];

function sendJson(response: ServerResponse, body: unknown): void {
  response.setHeader("content-type", "application/json").end(JSON.stringify(body));
}

function listen(
  address: string,
  port: number,
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<Server> {
  const server = createServer({ keepAliveTimeout: 0 }, answer);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, () => resolve(server));
  });
}
