/** An upstream that says who it is and what it saw, for tests of what stands between. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface Echo {
  readonly server: string;
  readonly method: string;
  readonly url: string;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface EchoServer {
  /** Requests that came, in order. */
  readonly seen: readonly Echo[];
  stop(): Promise<void>;
}

export interface EchoOptions {
  readonly name: string;
  readonly address: string;
  readonly port: number;
  /** Answers in its place when it returns true. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse) => boolean;
}

export async function startEchoServer(options: EchoOptions): Promise<EchoServer> {
  const seen: Echo[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const echo: Echo = {
        server: options.name,
        method: request.method ?? "",
        url: request.url ?? "",
        rawHeaders: request.rawHeaders,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(echo);
      if (options.answer?.(request, response) === true) return;
      response.setHeader("content-type", "application/json").end(JSON.stringify(echo));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.address, resolve);
  });
  return { seen, stop: () => stop(server) };
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  server.closeAllConnections();
  await closed;
}
