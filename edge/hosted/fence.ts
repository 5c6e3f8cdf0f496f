/** Evaluated before any code of the function: what it calls to reach others goes through spec.egress.allow. */
import { settings } from "ebb-settings.js";
import { isAllowed } from "../pool/egress.ts";

const mostRedirects = 20;
const network = globalThis.fetch;

globalThis.fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
  let request = new Request(input, init);
  for (let hops = 0; hops <= mostRedirects; hops += 1) {
    checkAddress(request.url);
    // Each redirect is looked at as a request of its own.
    const response = await network(new Request(request, { redirect: "manual" }));
    const location = response.headers.get("location");
    if (request.redirect !== "follow" || !isRedirect(response.status) || location === null) return response;
    request = redirected(request, response.status, new URL(location, request.url));
  }
  throw new TypeError(`more than ${mostRedirects} redirects`);
};

for (const name of ["WebSocket", "EventSource"] as const) {
  const original = Reflect.get(globalThis, name) as (new (...args: unknown[]) => object) | undefined;
  if (original === undefined) continue;
  Reflect.set(
    globalThis,
    name,
    new Proxy(original, {
      construct(target, args, newTarget) {
        checkAddress(String(args[0]).replace(/^ws/, "http"));
        return Reflect.construct(target, args, newTarget) as object;
      },
    }),
  );
}

/** Throws for what spec.egress.allow does not name. */
export function checkAddress(address: string): void {
  const url = new URL(address);
  if (isAllowed(url, settings.egress)) return;
  const port = url.port || (url.protocol === "https:" ? "443" : "80");
  throw new Error(`spec.egress.allow does not name ${url.hostname} with port ${port}`);
}

function isRedirect(status: number): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

/** As the Fetch standard has it: a body that was sent cannot be sent again. */
function redirected(request: Request, status: number, url: URL): Request {
  const isRead = request.method === "GET" || request.method === "HEAD";
  const { headers, redirect, signal } = request;
  if (isRead) return new Request(url, { method: request.method, headers, redirect, signal });
  if (status === 307 || status === 308) throw new TypeError(`${request.url} redirects a ${request.method}`);
  return new Request(url, { headers: withoutContent(headers), redirect, signal });
}

function withoutContent(headers: Headers): Headers {
  const left = new Headers(headers);
  for (const name of ["content-encoding", "content-language", "content-length", "content-type"])
    left.delete(name);
  return left;
}
