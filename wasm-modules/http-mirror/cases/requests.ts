/** What a module is told of a request. */
import { get, type HttpCase, post } from "../http-case.ts";

const methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "PURGE"];

export const requestCases: readonly HttpCase[] = [
  ...methods.map((method) => ({ title: `the method ${method}`, method, target: "/request" })),
  {
    title: "a method that nobody knows",
    method: "BREW",
    target: "/request",
    differs: {
      why: "workerd knows the methods that are registered, and refuses others itself",
      edge: {
        status: 501,
        headers: ["content-length: 35", "content-type: text/plain"],
        body: "ERROR: Unrecognized request method.",
      },
    },
  },
  get("a query", "/request?a=1&b=2&a=3"),
  get("an empty query", "/request?"),
  get("a query with escapes and a plus", "/request?x=%20%C3%BC&y=a+b&z=%2F"),
  get("a path that is escaped", "/%72equest"),
  get("a path with dots", "/request/../request", {
    differs: {
      why: "a path is put into its normal form",
      edge: { status: 200, body: "Method::Get\nScheme::Http\nmirror.test\n/request\n\n" },
      wasmtime: { status: 404 },
    },
  }),
  get("a path with two slashes", "//request"),
  get("a query of 8 KiB", `/request?q=${"q".repeat(8192)}`),
  get("a target with the host in it", "http://other.test/request?a=1", {
    differs: {
      why: "the Host header names the authority; a gateway makes both the same",
      edge: { body: "Method::Get\nScheme::Http\nmirror.test\n/request?a=1\n\n" },
    },
  }),
  get("a header", "/header?name=x-one", { headers: [["x-one", "value"]] }),
  get("no such header", "/header?name=x-none"),
  get("a header's name in capitals", "/header?name=X-ONE", { headers: [["X-One", "value"]] }),
  get("a header with no value", "/header?name=x-one", { headers: [["x-one", ""]] }),
  get("a header with spaces around its value", "/header?name=x-one", { headers: [["x-one", "  a  b  "]] }),
  get("a header of bytes that are no ASCII", "/header?name=x-one", {
    headers: [["x-one", "caf\xe9 \xff"]],
    differs: {
      why: "header values are UTF-8; other bytes are replaced",
      edge: { body: "[caf\\xef\\xbf\\xbd \\xef\\xbf\\xbd]\n" },
      wasmtime: { body: "[caf\\xe9 \\xff]\n" },
    },
  }),
  get("a header of UTF-8", "/header?name=x-one", { headers: [["x-one", "gr\xc3\xbc\xc3\x9fe"]] }),
  get("a header that is there three times", "/header?name=x-one", {
    headers: [
      ["x-one", "1"],
      ["x-one", "2, 3"],
      ["x-one", "4"],
    ],
    differs: {
      why: "values of one name come as one, joined by commas",
      edge: { body: "[1, 2, 3, 4]\n" },
      wasmtime: { body: "[1] [2, 3] [4]\n" },
    },
  }),
  get("cookies", "/header?name=cookie", { headers: [["cookie", "a=1; b=2"]] }),
  get("a header of 8 KiB", "/header?name=x-long", { headers: [["x-long", "v".repeat(8000)]] }),
  get("the encodings that a client takes", "/header?name=accept-encoding", {
    headers: [["accept-encoding", "gzip, br"]],
  }),
  get("headers of the connection", "/request", {
    headers: [
      ["keep-alive", "timeout=5"],
      ["te", "trailers"],
      ["upgrade-insecure-requests", "1"],
      ["proxy-connection", "keep-alive"],
      ["via", "1.1 proxy"],
    ],
  }),
  get("sixty headers", "/request", {
    headers: Array.from({ length: 60 }, (_, index) => [`x-${index}`, String(index)] as const),
  }),
  post("a body that is announced", "/body", "waited for", { headers: [["expect", "100-continue"]] }),
  get("a path that the module does not know", "/nowhere"),
];
