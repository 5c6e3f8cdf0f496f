/** Bodies in both directions. */
import { get, type HttpCase, post, postChunks } from "../http-case.ts";

const allBytes = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join("");
const megabyte = allBytes.repeat(4096);
const pieces = (count: number, size: number) =>
  Array.from({ length: count }, (_, index) => String.fromCharCode(index % 256).repeat(size));

export const bodyCases: readonly HttpCase[] = [
  { title: "a POST with nothing to send", method: "POST", target: "/body" },
  post("an empty body with its length", "/body", ""),
  postChunks("an empty chunked body", "/body", []),
  post("a body of one byte", "/body", "x"),
  post("a body of every byte", "/body", allBytes),
  post("a body of 1 MiB", "/body", megabyte),
  post("a body of 5 MiB", "/body", megabyte.repeat(5)),
  postChunks("a body in two chunks", "/body", ["first ", "second"]),
  postChunks("a body in a thousand chunks of a byte", "/body", pieces(1000, 1)),
  postChunks("a chunked body of 1 MiB", "/body", pieces(16, 65_536)),
  postChunks("a chunked body with trailers", "/body", ["with trailers"], { trailers: "x-sum: 1\r\n" }),
  get("a GET with a body", "/body", { body: "of a GET" }),
  { title: "a PUT with a body", method: "PUT", target: "/body", body: "of a PUT" },
  { title: "a DELETE with a body", method: "DELETE", target: "/body", body: "of a DELETE" },
  post("a body that is compressed", "/body", "\x1f\x8b not really", {
    headers: [["content-encoding", "gzip"]],
  }),
  post("an echo", "/echo", "said", { headers: [["content-type", "text/plain; charset=utf-8"]] }),
  post("an echo of nothing", "/echo", ""),
  post("an echo of every byte", "/echo", allBytes),
  post("an echo of 1 MiB", "/echo", megabyte),
  postChunks("an echo of chunks", "/echo", ["one ", "two ", "three"]),
  postChunks("an echo of 2 MiB in chunks", "/echo", pieces(32, 65_536)),
  post("a body that is changed on its way", "/upper", "shout, please"),
  post("a body that the module does not read", "/ignore", "unread"),
  post("a body of 1 MiB that the module does not read", "/ignore", megabyte),
  get("an answer of no bytes", "/bytes?n=0&chunk=1"),
  get("an answer of one byte", "/bytes?n=1&chunk=1"),
  get("an answer in many small parts", "/bytes?n=5000&chunk=7"),
  get("an answer of 3 MB", "/bytes?n=3000000&chunk=65536"),
  get("an answer in parts longer than any buffer", "/bytes?n=600000&chunk=200000"),
  get("an answer that comes in drops", "/drip?parts=4&ms=15"),
  { title: "an answer to HEAD that is not sent", method: "HEAD", target: "/bytes?n=100000&chunk=1000" },
  get("a length and as many bytes", "/length?says=5&writes=5"),
  get("a length of nothing", "/length?says=0&writes=0"),
  get("a length and fewer bytes", "/length?says=5&writes=3"),
  get("a length and more bytes", "/length?says=5&writes=9"),
  get("a length that is no number", "/length?says=five&writes=5"),
  { title: "a length in an answer to HEAD", method: "HEAD", target: "/length?says=5&writes=5" },
];
