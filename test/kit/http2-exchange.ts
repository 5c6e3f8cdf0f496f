/** One request over HTTP/2 without TLS, its answer in the form that the one over HTTP/1.1 has. */
import { connect, constants } from "node:http2";
import { text } from "node:stream/consumers";
import type { RawAnswer, RawHeader } from "./raw-http.ts";

export interface Http2Request {
  readonly method?: string;
  readonly path: string;
  readonly headers?: readonly RawHeader[];
  /** In Latin-1. */
  readonly body?: string;
  readonly trailers?: Readonly<Record<string, string>>;
}

/** Names are in lower case, as HTTP/2 has them; status has no reason. */
export async function exchangeHttp2(url: string, sent: Http2Request): Promise<RawAnswer> {
  const session = connect(url);
  try {
    const { method = "GET", path, headers = [], body, trailers } = sent;
    const named = [":method", method, ":path", path, ":authority", "shop.example"];
    const stream = session.request([...named, ...headers.flat()], {
      endStream: body === undefined && !trailers,
      waitForTrailers: trailers !== undefined,
    });
    const early: { status: string; headers: RawHeader[] }[] = [];
    const got: { status: string; headers: RawHeader[]; trailers: RawHeader[] } = {
      status: "",
      headers: [],
      trailers: [],
    };
    stream.on("headers", (fields, _, raw) =>
      early.push({ status: String(fields[":status"]), headers: pairs(raw) }),
    );
    stream.on("response", (fields, _, raw) =>
      Object.assign(got, { status: String(fields[":status"]), headers: pairs(raw) }),
    );
    stream.on("trailers", (_, __, raw) => Object.assign(got, { trailers: pairs(raw) }));
    if (trailers !== undefined) stream.on("wantTrailers", () => stream.sendTrailers(trailers));
    if (body !== undefined || trailers !== undefined) stream.end(Buffer.from(body ?? "", "latin1"));
    stream.setEncoding("latin1");
    const content = await text(stream);
    const complete = stream.rstCode === constants.NGHTTP2_NO_ERROR;
    return { early, ...got, body: content, complete };
  } finally {
    session.close();
  }
}

function pairs(raw: readonly string[]): RawHeader[] {
  return raw.flatMap((name, index): RawHeader[] =>
    index % 2 === 0 && !name.startsWith(":") ? [[name, raw[index + 1] ?? ""]] : [],
  );
}
