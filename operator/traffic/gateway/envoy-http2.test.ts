/** A caller that speaks HTTP/2 without TLS gets what one gets that speaks HTTP/1.1 to the workload itself. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FrontedOrigin, startFrontedOrigin } from "../../../test/kit/fronted-origin.ts";
import { answer, defaultAnswer, request } from "../../../test/kit/golden-exchanges.ts";
import { answerLines, differences, requestLines } from "../../../test/kit/golden-lines.ts";
import { exchangeHttp2, type Http2Request } from "../../../test/kit/http2-exchange.ts";
import { exchange, type RawAnswer } from "../../../test/kit/raw-http.ts";

const chunked = "Transfer-Encoding: chunked";

interface Case {
  readonly sent: Http2Request;
  readonly answer?: string;
}

const cases: Readonly<Record<string, Case>> = {
  "a GET": { sent: { path: "/a//b/../c%2Fd;v=1?q=a+b&&x=%20" } },
  "several values of a header": {
    sent: {
      path: "/",
      headers: [
        ["x-many", "1"],
        ["x-many", "2"],
        ["cookie", "a=1; b=2"],
      ],
    },
    answer: answer("200 OK", ["Set-Cookie: a=1", "Set-Cookie: b=2", "Content-Length: 2"], "ok"),
  },
  "a body over the buffer": {
    sent: {
      method: "POST",
      path: "/",
      headers: [["content-length", "3000000"]],
      body: "b".repeat(3_000_000),
    },
  },
  HEAD: { sent: { method: "HEAD", path: "/" }, answer: answer("200 OK", ["Content-Length: 50000"]) },
  "large headers": {
    sent: { path: "/", headers: [["x-large", "v".repeat(40_000)]] },
    answer: answer("200 OK", [`X-Large: ${"v".repeat(40_000)}`, "Content-Length: 2"], "ok"),
  },
  "a large body": {
    sent: { path: "/" },
    answer: answer("200 OK", ["Content-Length: 3000000"], "b".repeat(3_000_000)),
  },
  "an error status": { sent: { path: "/" }, answer: answer("503 Mine", ["Content-Length: 2"], "no") },
  "204": { sent: { path: "/" }, answer: answer("204 No Content") },
  "early hints": {
    sent: { path: "/" },
    answer: `HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n${defaultAnswer}`,
  },
  "trailers of a request": {
    sent: { method: "POST", path: "/", headers: [["te", "trailers"]], body: "abc", trailers: { "x-t": "1" } },
  },
  "trailers of an answer": {
    sent: { path: "/", headers: [["te", "trailers"]] },
    answer: answer("200 OK", [chunked, "Trailer: X-T"], "3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"),
  },
};

/** The same over HTTP/1.1. */
function asHttp1({ method = "GET", path, headers = [], body = "", trailers }: Http2Request): string {
  const lines = headers.map(([name, value]) => `${name}: ${value}`);
  if (trailers === undefined) return request(`${method} ${path}`, lines, body);
  const last = Object.entries(trailers).map(([name, value]) => `${name}: ${value}\r\n`);
  const chunks = `${body.length.toString(16)}\r\n${body}\r\n0\r\n${last.join("")}\r\n`;
  return request(`${method} ${path}`, [...lines, chunked], chunks);
}

/** Without what HTTP/2 does not have: the spelling of names, a status's reason, chunks. */
function comparable(lines: readonly string[]): string[] {
  return lines
    .map((line) => line.toLowerCase().replace(/^(answer|early) (\d{3})( .*)?$/, "$1 $2"))
    .filter((line) => line !== "answer transfer-encoding: chunked");
}

describe.each([
  { side: "workload", weight: 0, port: 8000, address: "127.9.4.6" },
  { side: "edge", weight: 100, port: 8080, address: "127.9.4.7" },
])("in front of the $side", ({ weight, port, address }) => {
  let fronted: FrontedOrigin;
  beforeAll(async () => {
    fronted = await startFrontedOrigin(address, port, weight);
  });
  afterAll(() => fronted.stop());

  it.each(Object.entries(cases))("passes %s on", async (_, { sent, answer: bytes }) => {
    const linesOf = async (got: Promise<RawAnswer>): Promise<string[]> => {
      const answered = answerLines(await got);
      return comparable([...requestLines(fronted.origin.taken()), ...answered]);
    };
    fronted.origin.answerWith(bytes ?? defaultAnswer);
    const direct = await linesOf(exchange(address, port, asHttp1(sent), sent.method !== "HEAD"));
    const through = await linesOf(exchangeHttp2(`http://${address}:20000`, sent));
    expect(differences(direct, through)).toEqual([]);
  });
});
