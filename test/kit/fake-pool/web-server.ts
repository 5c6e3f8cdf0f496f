/** A node server whose handler speaks Request and Response, as workerd's do. */
import { once } from "node:events";
import type { IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { Readable } from "node:stream";

export type WebHandler = (request: Request) => Promise<Response>;

/** A thrown error is answered 500. */
export function toListener(protocol: "http" | "https", handle: WebHandler): RequestListener {
  return (incoming, outgoing) => {
    handle(toRequest(protocol, incoming))
      .catch((error: unknown) => new Response(String(error), { status: 500 }))
      .then((response) => send(response, outgoing))
      .catch((error: unknown) => outgoing.destroy(error instanceof Error ? error : undefined));
  };
}

export async function listen(server: Server, address: string, port: number): Promise<void> {
  server.listen(port, address);
  await once(server, "listening");
}

/** Ends open connections too, as the end of a process does. */
export async function close(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}

function toRequest(protocol: string, incoming: IncomingMessage): Request {
  const { method = "GET", url = "/", headers } = incoming;
  const fields = Object.entries(headers).flatMap(([name, value]) =>
    [value ?? []].flat().map((item): [string, string] => [name, item]),
  );
  const hasBody = headers["content-length"] !== undefined || headers["transfer-encoding"] !== undefined;
  const body = hasBody ? { body: Readable.toWeb(incoming) as unknown as BodyInit, duplex: "half" } : {};
  const init = { method, headers: fields, redirect: "manual" as const, ...body };
  return new Request(`${protocol}://${headers.host ?? "unknown"}${url}`, init);
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) outgoing.appendHeader(name, value);
  outgoing.end(new Uint8Array(await response.arrayBuffer()));
}
