/** CGI/1.1 meta-variables (RFC 3875 section 4.1) of a request, as WAGI names them. */

/** Hop-by-hop headers, those with a variable of their own, and `Proxy`, whose variable steers HTTP clients. */
const withoutVariable = new Set([
  "connection",
  "content-length",
  "content-type",
  "keep-alive",
  "proxy",
  "proxy-authorization",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** bodyLength is undefined when the request has no body. */
export function metaVariables(request: Request, bodyLength: number | undefined): Record<string, string> {
  const url = new URL(request.url);
  const secure = url.protocol === "https:";
  const variables: Record<string, string> = {
    GATEWAY_INTERFACE: "CGI/1.1",
    SERVER_SOFTWARE: "ebb",
    SERVER_PROTOCOL: "HTTP/1.1",
    SERVER_NAME: url.hostname,
    SERVER_PORT: url.port || (secure ? "443" : "80"),
    REQUEST_METHOD: request.method,
    REQUEST_URI: url.pathname + url.search,
    SCRIPT_NAME: "",
    PATH_INFO: decodedPath(url.pathname),
    QUERY_STRING: url.search.slice(1),
    X_FULL_URL: request.url,
    X_RAW_PATH_INFO: url.pathname,
  };
  if (secure) variables["HTTPS"] = "on";
  const contentType = request.headers.get("content-type");
  if (contentType !== null) variables["CONTENT_TYPE"] = contentType;
  if (bodyLength !== undefined) variables["CONTENT_LENGTH"] = String(bodyLength);
  const peer = peerAddress(request.headers.get("x-forwarded-for"));
  if (peer !== undefined) Object.assign(variables, { REMOTE_ADDR: peer, REMOTE_HOST: peer });
  for (const [name, value] of request.headers) {
    if (!withoutVariable.has(name)) variables[`HTTP_${name.toUpperCase().replaceAll("-", "_")}`] = value;
  }
  return variables;
}

/** Percent-decoded; left as it is when that gives no text or would end the variable early. */
function decodedPath(path: string): string {
  try {
    const decoded = decodeURIComponent(path);
    return decoded.includes("\0") ? path : decoded;
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

/** The last address is the one that the gateway saw itself; those before it are the client's word. */
function peerAddress(forwardedFor: string | null): string | undefined {
  return forwardedFor?.split(",").at(-1)?.trim() || undefined;
}
