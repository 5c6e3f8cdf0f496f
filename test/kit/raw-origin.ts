/** A workload that records requests as they came and answers with bytes that a test wrote. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import type { RawHeader } from "./raw-http.ts";

export interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly version: string;
  readonly headers: readonly RawHeader[];
  /** In Latin-1. */
  readonly body: string;
  readonly trailers: readonly RawHeader[];
  /** True when the client waited for 100 Continue. */
  readonly expectsContinue: boolean;
}

export interface RawOrigin {
  /** Takes the requests that came since the last call. */
  taken(): SeenRequest[];
  /** Bytes (Latin-1) of the next answers; the connection ends after each. */
  answerWith(bytes: string): void;
  stop(): Promise<void>;
}

export async function startRawOrigin(address: string, port: number): Promise<RawOrigin> {
  let seen: SeenRequest[] = [];
  let answer = "";
  const handle = async (request: IncomingMessage, expectsContinue: boolean): Promise<void> => {
    const body = (await buffer(request)).toString("latin1");
    const { method = "", url = "", httpVersion: version, rawHeaders, rawTrailers } = request;
    const headers = pairs(rawHeaders);
    seen.push({ method, url, version, headers, body, trailers: pairs(rawTrailers), expectsContinue });
    request.socket.end(Buffer.from(answer, "latin1"));
  };
  const server = createServer({ maxHeaderSize: 1024 * 1024 });
  server.maxHeadersCount = 0;
  const listen = (expectsContinue: boolean) => (request: IncomingMessage, response: ServerResponse) => {
    if (expectsContinue) response.writeContinue();
    handle(request, expectsContinue).catch(() => request.destroy());
  };
  server.on("request", listen(false)).on("checkContinue", listen(true));
  server.listen(port, address);
  await once(server, "listening");
  return {
    taken: () => seen.splice(0),
    answerWith: (bytes) => {
      answer = bytes;
    },
    stop: () => stop(server),
  };
}

function pairs(raw: readonly string[]): RawHeader[] {
  return raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ""] as const] : []));
}

async function stop(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await closed;
}
