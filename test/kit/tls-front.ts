/** A server on the internet, as a test's callers reach it: over TLS, by any of its names. */
import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { Agent, buildConnector, type Dispatcher } from "undici";
import { createAuthority, issueLeaf } from "../../operator/provider/workerd/certificates.ts";
import type { Target } from "./fake-gateway-proxy.ts";

export interface TlsFront {
  readonly address: string;
  readonly port: number;
  /** PEM, of the authority that its certificate is from. */
  readonly authority: string;
  /** Brings every host to this server. */
  readonly dispatcher: Dispatcher;
  target(host: string): Target;
  stop(): Promise<void>;
}

export interface TlsFrontOptions {
  /** Of the authority. */
  readonly name: string;
  /** Of the certificate. */
  readonly names: readonly string[];
  readonly address?: string | undefined;
  /** A free one unless given. */
  readonly port?: number | undefined;
  readonly answer: (request: IncomingMessage, response: ServerResponse) => void;
}

export async function startTlsFront(options: TlsFrontOptions): Promise<TlsFront> {
  const { address = "127.0.0.1", names, answer } = options;
  const authority = await createAuthority(options.name, Date.now());
  const leaf = await issueLeaf(authority, { names, usage: "serverAuth", life: 3_600_000 }, Date.now());
  const server = createServer({ cert: leaf.certificate, key: leaf.key }, answer);
  server.listen(options.port ?? 0, address);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const connect = buildConnector({ ca: authority.certificate });
  const dispatcher = new Agent({
    connect: (target, callback) =>
      connect(
        {
          ...target,
          host: `${address}:${port}`,
          hostname: address,
          port: String(port),
          servername: target.hostname,
        },
        callback,
      ),
  });
  return {
    address,
    port,
    authority: authority.certificate,
    dispatcher,
    target: (host) => ({ host: address, port, tls: { servername: host, ca: authority.certificate } }),
    async stop() {
      await dispatcher.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}
