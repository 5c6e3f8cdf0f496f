/**
 * Requests and answers as bytes, each with all that differs when the gateway stands between. Whatever is named here is
 * on the page docs/guides/gateway.md as well.
 */

export interface GoldenExchange {
  readonly request: string;
  /** An answer with a body of two bytes unless something else is said. */
  readonly answer?: string;
  /** Lines that the origin sees, or the client gets, only without (-) and only with (+) the gateway. */
  readonly differs?: readonly string[];
}

const many = 900;
/** More than the gateway keeps to send again. */
const largeBody = 9_000_000;

/** Every answer that has a Date has this one. */
export const goldenDate = "Tue, 24 Nov 2026 10:00:00 GMT";

/** A request that ends its connection. */
export function request(
  line: string,
  headers: readonly string[] = [],
  body = "",
  host = "shop.example",
): string {
  return message(`${line} HTTP/1.1`, [`Host: ${host}`, "Connection: close", ...headers], body);
}

/** An answer that ends its connection. */
export function answer(status: string, headers: readonly string[] = [], body = ""): string {
  return message(`HTTP/1.1 ${status}`, ["Connection: close", `Date: ${goldenDate}`, ...headers], body);
}

function message(first: string, headers: readonly string[], body: string): string {
  return `${[first, ...headers].join("\r\n")}\r\n\r\n${body}`;
}

export const defaultAnswer = answer("200 OK", ["Content-Length: 2"], "ok");

const chunked = "Transfer-Encoding: chunked";
const allBytes = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join("");
const numbered = Array.from({ length: many }, (_, index) => `X-H-${index}: ${index}`);

const paths = [
  "/?",
  "/?a",
  "/a?b?c=d&&e=%20+f&=&g",
  "/a//b/../c%2Fd;v=1/./e",
  "/%00%zz%",
  "//other.example/x",
  '/"<>\\^`{|}[]',
  "/a%2f%2F%5c\\b",
  "/a+b%20c?q=%23",
  `/${"p".repeat(30_000)}`,
  "/a?redirect=http://other.example/?b=1",
];
const hosts = ["shop.example:8080", "SHOP.Example.", "[::1]:80", "", "a_b.example"];
const bodiless = ["OPTIONS", "PROPFIND", "REPORT", "MKCALENDAR", "PURGE", "POST", "PUT", "PATCH"];

export const requests: Readonly<Record<string, GoldenExchange>> = {
  "a plain GET": { request: request("GET /") },
  ...Object.fromEntries(
    paths.map((path) => [`the path ${path.slice(0, 40)}`, { request: request(`GET ${path}`) }]),
  ),
  ...Object.fromEntries(
    hosts.map((host) => [`the Host "${host}"`, { request: request("GET /", [], "", host) }]),
  ),
  ...Object.fromEntries(
    bodiless.map((method) => [
      `${method} with neither body nor length`,
      { request: request(`${method} /`), differs: ["+ request content-length: 0"] },
    ]),
  ),
  HEAD: { request: request("HEAD /"), answer: answer("200 OK", ["Content-Length: 2"]) },
  TRACE: { request: request("TRACE /") },
  "DELETE with a body": { request: request("DELETE /", ["Content-Length: 3"], "abc") },
  "GET with a body": { request: request("GET /", ["Content-Length: 3"], "abc") },
  "GET with a chunked body": { request: request("GET /", [chunked], "3\r\nabc\r\n0\r\n\r\n") },
  "POST with a length of zero": { request: request("POST /", ["Content-Length: 0"]) },
  "POST with every byte": { request: request("POST /", ["Content-Length: 256"], allBytes) },
  "POST in chunks": { request: request("POST /", [chunked], "3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") },
  "POST that offers to wait": {
    request: request("POST /", ["Expect: 100-continue", "Content-Length: 3"], "abc"),
  },
  "a body over the buffer": {
    request: request("POST /", [`Content-Length: ${largeBody}`], "b".repeat(largeBody)),
  },
  "a chunked body over the buffer": {
    request: request(
      "PUT /",
      [chunked],
      `${largeBody.toString(16)}\r\n${"b".repeat(largeBody)}\r\n0\r\n\r\n`,
    ),
  },
  trailers: {
    request: request(
      "POST /",
      ["TE: trailers", "Trailer: X-T", chunked],
      "3\r\nabc\r\n0\r\nX-T: 1\r\nx-u: 2\r\n\r\n",
    ),
    differs: ["- request trailer X-T: 1", "+ request trailer x-t: 1"],
  },
  "header names as they were written": {
    request: request("GET /", ["X-CamelCase: 1", "x-lower: 2", "X_Under: 3", "ETag: x", "uSER-aGENT: a"]),
  },
  "headers that proxies like to change": {
    request: request("GET /", [
      "Accept-Encoding: gzip, br",
      "Authorization: Bearer x",
      "Range: bytes=0-1",
      'If-None-Match: W/"x"',
      "Via: 1.1 other",
      "Forwarded: for=203.0.113.7",
      "X-Real-Ip: 203.0.113.7",
      "X-Request-Id: mine",
      "X-Client-Trace-Id: mine",
      "traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "X-B3-TraceId: 1",
      "X-Envoy-Original-Path: /x",
      "X-Envoy-External-Address: 203.0.113.7",
      "Upgrade-Insecure-Requests: 1",
      "Server: a",
      "Date: b",
    ]),
  },
  "a repeated header": { request: request("GET /", ["X-Many: 1", "X-Other: a", "X-Many: 2", "X-Many:"]) },
  "two Cookie headers": { request: request("GET /", ["Cookie: a=1; b=2", "Cookie: c=3"]) },
  "a header repeated in another spelling": {
    request: request("GET /", ["X-Many: 1", "x-many: 2"]),
    differs: ["- request x-many: 2", "+ request X-Many: 2"],
  },
  "a repeated header that Envoy knows": {
    request: request("GET /", ["Accept: text/html", "Accept: text/plain"]),
    differs: [
      "- request Accept: text/html",
      "- request Accept: text/plain",
      "+ request Accept: text/html,text/plain",
    ],
  },
  "values that are empty, spaced or not ASCII": {
    request: request("GET /", [
      "X-Empty:",
      "X-Space: a  b",
      "X-Tab: a\tb",
      "X-Latin: caf\xe9",
      "X-Utf8: caf\xc3\xa9",
    ]),
  },
  "headers of 90 KB": { request: request("GET /", [`X-Large: ${"v".repeat(90_000)}`]) },
  [`${many} headers`]: { request: request("GET /", numbered) },
  "what an ingress controller says of the client": {
    request: request("GET /", [
      "X-Forwarded-For: 203.0.113.7, 10.0.0.1",
      "X-Forwarded-Proto: https",
      "X-Forwarded-Host: a.example",
      "X-Forwarded-Port: 443",
    ]),
  },
  "headers between two hops": {
    request: request("GET /", [
      "Connection: X-Hop",
      "X-Hop: 1",
      "TE: gzip",
      "Proxy-Connection: x",
      "Upgrade: h2c",
    ]),
    differs: [
      "- request X-Hop: 1",
      "- request TE: gzip",
      "- request Proxy-Connection: x",
      "- request Upgrade: h2c",
    ],
  },
  "a header that Envoy keeps for itself": {
    request: request("GET /", ["X-Envoy-Internal: true", "X-Envoy-Max-Retries: 9"]),
    differs: ["- request X-Envoy-Internal: true", "- request X-Envoy-Max-Retries: 9"],
  },
  "a whole URL in the request line": {
    request: request("GET http://shop.example/abs?x=1"),
    differs: ["- request GET http://shop.example/abs?x=1", "+ request GET /abs?x=1"],
  },
};

const cookies = ["Set-Cookie: a=1; Path=/", "X-Between: 1", "Set-Cookie: b=2"];
const statuses = [
  "200 Very Fine",
  "201 Created",
  "202 Accepted",
  "299 Odd",
  "300 Choose",
  "307 Again",
  "400 Mine",
  "404 Gone Fishing",
  "408 Mine",
  "413 Mine",
  "417 Mine",
  "429 Mine",
  "451 Nope",
  "500 Mine",
  "502 Mine",
  "503 Mine",
  "504 Mine",
  "599 Mine",
];
const get = request("GET /");

export const answers: Readonly<Record<string, GoldenExchange>> = {
  ...Object.fromEntries(
    statuses.map((status) => [
      `the status ${status}`,
      { request: get, answer: answer(status, ["Retry-After: 1", "Content-Length: 2"], "ab") },
    ]),
  ),
  "204": { request: get, answer: answer("204 No Content") },
  "304 with a length": {
    request: get,
    answer: answer("304 Not Modified", ['ETag: "x"', "Content-Length: 5"]),
  },
  "304 without one": { request: get, answer: answer("304 Not Modified", ['ETag: "x"']) },
  "a redirection": {
    request: get,
    answer: answer("302 Found", ["Location: http://shop.example/x?y#z", "Content-Length: 0"]),
  },
  "HEAD with a length": { request: request("HEAD /"), answer: answer("200 OK", ["Content-Length: 50000"]) },
  "HEAD in chunks": { request: request("HEAD /"), answer: answer("200 OK", [chunked]) },
  "HEAD with neither": {
    request: request("HEAD /"),
    answer: answer("200 OK"),
    differs: ["+ answer transfer-encoding: chunked"],
  },
  chunks: { request: get, answer: answer("200 OK", [chunked], "3;x=y\r\nabc\r\n2\r\nde\r\n0\r\n\r\n") },
  trailers: {
    request: request("GET /", ["TE: trailers"]),
    answer: answer("200 OK", ["Trailer: X-T", chunked], "3\r\nabc\r\n0\r\nX-T: 1\r\nx-u: 2\r\n\r\n"),
    differs: ["- answer trailer X-T: 1", "+ answer trailer x-t: 1"],
  },
  "a body that ends with the connection": {
    request: get,
    answer: answer("200 OK", ["Content-Type: text/plain"], "until the end"),
    differs: ["+ answer transfer-encoding: chunked"],
  },
  "early hints": {
    request: get,
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nX-Case: 1\r\n\r\n${defaultAnswer}`,
  },
  "102 Processing": { request: get, answer: `HTTP/1.1 102 Processing\r\n\r\n${defaultAnswer}` },
  "several cookies": { request: get, answer: answer("200 OK", [...cookies, "Content-Length: 2"], "ok") },
  "repeated headers": {
    request: get,
    answer: answer("200 OK", ["X-M: 1", "X-N: a", "X-M: 2", "X-M:", "Content-Length: 2"], "ok"),
  },
  "a repeated header that Envoy knows": {
    request: get,
    answer: answer("200 OK", ["Vary: a", "Vary: b", "Content-Length: 2"], "ok"),
    differs: ["- answer Vary: a", "- answer Vary: b", "+ answer Vary: a,b"],
  },
  "headers that proxies like to change": {
    request: get,
    answer: answer(
      "200 OK",
      [
        "Server: nginx/1.2",
        "Via: 1.1 old",
        "X-Powered-By: PHP",
        'ETag: W/"1"',
        "X-Request-Id: theirs",
        "X-Envoy-Upstream-Service-Time: 3",
        'Alt-Svc: h3=":443"',
        "Content-Encoding: gzip",
        "Accept-Ranges: bytes",
        "Age: 3",
        "WWW-Authenticate: Basic",
        "WWW-Authenticate: Bearer",
        "Content-Length: 2",
      ],
      "ok",
    ),
  },
  "values that are empty or not ASCII": {
    request: get,
    answer: answer(
      "200 OK",
      ["X-Empty:", "X-Latin: caf\xe9", "X-Utf8: caf\xc3\xa9", "Content-Length: 2"],
      "ok",
    ),
  },
  "an offer of another protocol": {
    request: get,
    answer: answer("200 OK", ["Upgrade: h2,h2c", "Content-Length: 2"], "ok"),
    differs: ["- answer Upgrade: h2,h2c"],
  },
  "no Date": {
    request: get,
    answer: "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    differs: ["+ answer date: (now)"],
  },
  "headers of 60 KB": {
    request: get,
    answer: answer("200 OK", [`X-Large: ${"v".repeat(60_000)}`, "Content-Length: 2"], "ok"),
  },
  [`${many} headers`]: { request: get, answer: answer("200 OK", [...numbered, "Content-Length: 2"], "ok") },
  "every byte": { request: get, answer: answer("200 OK", ["Content-Length: 256"], allBytes) },
  "a body of 20 MB": {
    request: get,
    answer: answer("200 OK", ["Content-Length: 20000000"], "b".repeat(20_000_000)),
  },
  "an end in the middle of a body": {
    request: get,
    answer: answer("200 OK", ["Content-Length: 10"], "short"),
  },
  "an end in the middle of the chunks": { request: get, answer: answer("200 OK", [chunked], "3\r\nabc\r\n") },
};
