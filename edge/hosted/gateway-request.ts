/** A request as the gateway got it: on its way here Host and X-Forwarded-* are written anew. */

export const ownPrefix = "x-ebb-";

/** What the gateway says of the request that it got, and the headers that had it there; later ones count. */
const restoredHeaders = [
  ["x-ebb-host", "host"],
  ["x-ebb-forwarded-proto", "x-forwarded-proto"],
  ["x-ebb-peer", "x-forwarded-for"],
  ["x-ebb-forwarded-for", "x-forwarded-for"],
] as const;

/** A request that came by no gateway stays as it is. No `x-ebb-*` header is left. */
export function asSent(request: Request): Request {
  const { headers } = request;
  const inner = new Request(originalUrl(request), request);
  for (const [told, name] of restoredHeaders) {
    const value = headers.get(told);
    if (value !== null) inner.headers.set(name, value);
  }
  const host = headers.get("x-ebb-host");
  if (host !== null && !headers.has("x-forwarded-host")) inner.headers.set("x-forwarded-host", host);
  for (const name of headers.keys()) if (name.startsWith(ownPrefix)) inner.headers.delete(name);
  return inner;
}

function originalUrl({ url, headers }: Request): URL {
  const original = new URL(url);
  const host = headers.get("x-ebb-host");
  if (host === null || !URL.canParse(`http://${host}/`)) return original;
  original.protocol = headers.get("x-ebb-forwarded-proto") === "https" ? "https:" : "http:";
  original.port = "";
  original.host = host;
  return original;
}
