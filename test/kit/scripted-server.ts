/** An HTTP server whose answers a test writes, byte by byte where it wants to. */
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { text } from "node:stream/consumers";
import { KubeConfig } from "@kubernetes/client-node";

export interface ScriptedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export type Script = (request: ScriptedRequest, response: ServerResponse, socket: Socket) => void;

export interface ScriptedServer extends AsyncDisposable {
  readonly url: string;
  /** A configuration that names this server. */
  readonly kubeConfig: KubeConfig;
  /** All requests so far. */
  readonly requests: ScriptedRequest[];
  /** Connections opened so far. */
  readonly connections: number;
}

export async function startScriptedServer(script: Script): Promise<ScriptedServer> {
  const requests: ScriptedRequest[] = [];
  let connections = 0;
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(incoming.url ?? "/", "http://scripted");
    const { method = "", headers } = incoming;
    const body = await text(incoming);
    const request = { method, path: url.pathname, query: url.searchParams, headers, body };
    requests.push(request);
    script(request, response, incoming.socket);
  };
  const server = createServer((incoming, response) => {
    handle(incoming, response).catch((error: unknown) =>
      response.destroy(new Error("script failed", { cause: error })),
    );
  });
  server.on("connection", () => {
    connections += 1;
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    kubeConfig: kubeConfigOf(url),
    requests,
    get connections() {
      return connections;
    },
    async [Symbol.asyncDispose]() {
      const closed = Promise.withResolvers<void>();
      server.close(() => closed.resolve());
      server.closeAllConnections();
      await closed.promise;
    },
  };
}

/** Answers with JSON. */
export function answer(
  response: ServerResponse,
  status: number,
  json: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(json));
}

/** Answers as the API server does when it refuses. */
export function refuse(
  response: ServerResponse,
  code: number,
  reason: string,
  headers: Record<string, string> = {},
): void {
  const status = {
    kind: "Status",
    apiVersion: "v1",
    status: "Failure",
    reason,
    code,
    message: `refused: ${reason}`,
  };
  answer(response, code, status, headers);
}

function kubeConfigOf(url: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: "scripted", server: url, skipTLSVerify: true }, { name: "tester" });
  return config;
}
