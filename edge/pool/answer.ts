/** Sees to the end of one request's answer: streams and WebSockets go on after their headers. */
import type { Host, Socket } from "./host.ts";
import type { Visit } from "./running.ts";

/** Milliseconds between two signs of life of a request that takes long. */
const pulse = 5000;
/** A call that has not answered for so many milliseconds waits for something: it does not loop. */
const patience = 100;

/** RFC 6455: an endpoint is going away. */
const goingAway = 1001;

export class Answer {
  readonly #visit: Visit;
  readonly #timers: readonly ReturnType<typeof setInterval>[];
  /** Resolves when the version has been let go for so long that nothing of it may go on. */
  readonly #over: Promise<void>;

  constructor(visit: Visit, isOver: () => boolean, capSeconds: number) {
    this.#visit = visit;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#over = promise;
    const look = () => {
      visit.goesOn();
      if (isOver()) resolve();
    };
    this.#timers = [
      setInterval(look, Math.min(pulse, capSeconds * 1000)),
      setTimeout(() => visit.answered(), patience),
    ];
  }

  /** Undefined when the version is let go before it has answered. */
  async headers(answer: Promise<Response>): Promise<Response | undefined> {
    const response = await Promise.race([answer, this.#over.then(() => undefined)]);
    this.#visit.answered();
    if (response === undefined) this.end();
    return response;
  }

  end(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#visit.ended();
  }

  /** The answer as it came; a body without a known length, and a WebSocket, end with the version at the latest. */
  withEnd(host: Host, response: Response): Response {
    const { webSocket } = response as { readonly webSocket?: Socket | null };
    if (webSocket !== undefined && webSocket !== null) return this.#relay(host, response, webSocket);
    const { body } = response;
    if (body !== null && host.streams.lengthOf(body) === undefined)
      return new Response(this.#pass(host, body), response);
    this.end();
    return response;
  }

  #pass(host: Host, body: ReadableStream): ReadableStream {
    const { readable, writable } = host.streams.through();
    const stop = new AbortController();
    const ended = () => this.end();
    void this.#over.then(() => stop.abort(new Error("this version is not published any more")));
    // A broken stream is broken for the caller too: there is nobody else to tell.
    body.pipeTo(writable, { signal: stop.signal }).then(ended, ended);
    return readable;
  }

  #relay(host: Host, response: Response, inner: Socket): Response {
    const pair = host.streams.pair?.();
    if (pair === undefined) return response;
    const [client, outer] = pair;
    join(inner, outer, () => this.end());
    join(outer, inner, () => this.end());
    for (const end of [outer, inner]) {
      // A Blob could not be sent on in the order in which it came.
      end.binaryType = "arraybuffer";
      end.accept();
    }
    void this.#over.then(() => {
      for (const end of [outer, inner]) end.close(goingAway, "this version is not published any more");
      this.end();
    });
    return new Response(null, { status: 101, headers: response.headers, webSocket: client } as ResponseInit);
  }
}

/** What from says, to says. */
function join(from: Socket, to: Socket, ended: () => void): void {
  from.addEventListener("message", ({ data }) => to.send(data));
  from.addEventListener("close", ({ code, reason }) => {
    // 1005 and 1006 stand for no code, and for no close at all; neither may be sent.
    if (code === 1005 || code === 1006) to.close();
    else to.close(code, reason);
    ended();
  });
  from.addEventListener("error", () => {
    to.close(1011);
    ended();
  });
}
