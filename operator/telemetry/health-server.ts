/** The operator's own HTTP server: /metrics, /healthz and /readyz. */
import { createServer, type Server } from "node:http";
import type { Registry } from "prom-client";

export interface HealthServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Listens on all addresses at port; 0 takes a free one. ready tells whether /readyz answers 200. */
export async function startHealthServer(
  port: number,
  registry: Registry,
  ready: () => boolean,
): Promise<HealthServer> {
  const server = createServer((request, response) => {
    const answer = (status: number, type: string, body: string) => {
      response.writeHead(status, { "content-type": type }).end(body);
    };
    switch (request.url) {
      case "/healthz":
        answer(200, "text/plain", "ok\n");
        return;
      case "/readyz":
        answer(ready() ? 200 : 503, "text/plain", ready() ? "ok\n" : "caches are not filled yet\n");
        return;
      case "/metrics":
        registry.metrics().then(
          (text) => answer(200, registry.contentType, text),
          (error: unknown) => answer(500, "text/plain", `${String(error)}\n`),
        );
        return;
      default:
        answer(404, "text/plain", "paths: /metrics /healthz /readyz\n");
    }
  });
  await listen(server, port);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, () => resolve());
  });
}
