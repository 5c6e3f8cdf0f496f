/** What the internet sees of an account: its scripts below workers.dev. */
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import type { Account } from "./account.ts";
import type { Runtime } from "./runtime.ts";

/** `<name>="<version>"`, several of them separated by commas. */
const overridePattern = /([\w-]+)="?([\w-]+)"?/g;

export function servePublic(
  account: Account,
  runtime: Runtime,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const host = request.headers.host ?? "";
  const name = host.split(".")[0] ?? "";
  const script = account.scripts.get(name);
  const overrides = String(request.headers["cloudflare-workers-version-overrides"] ?? "");
  const named = [...overrides.matchAll(overridePattern)].find(([, other]) => other === name)?.[2];
  const version = script?.isPublic === true ? script.route(account.now(), named) : undefined;
  if (version === undefined) {
    response.writeHead(404, { "content-type": "text/html", server: "cloudflare" });
    response.end("There is nothing here yet");
    return;
  }
  const passed = httpRequest(runtime.origin, {
    method: request.method,
    path: request.url,
    headers: {
      ...withoutHop(request),
      // Cloudflare says what it has seen, whatever was said before.
      "x-forwarded-proto": "https",
      "x-forwarded-for": [request.headers["x-forwarded-for"], request.socket.remoteAddress].flat().join(", "),
      "cf-ray": "0000000000000000-FAK",
      "x-fake-version": version.id,
      "x-fake-url": `https://${host}${request.url}`,
    },
  });
  passed.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    answer.pipe(response);
  });
  passed.on("error", () => response.destroy());
  response.on("close", () => passed.destroy());
  request.pipe(passed);
}

function withoutHop({ headers }: IncomingMessage): IncomingMessage["headers"] {
  const { connection: _connection, "cloudflare-workers-version-overrides": _override, ...rest } = headers;
  return rest;
}
