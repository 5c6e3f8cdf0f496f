/** HTTP to servers that people name: guarded connections, redirects that take no credentials along, limits of time. */
import type { lookup } from "node:dns";
import { Agent, type Dispatcher } from "undici";
import type { Clock } from "../../api/clock.ts";
import { SourceRefused, SourceUnavailable } from "../source-error.ts";
import type { AddressGuard } from "./address-guard.ts";
import { guardedConnector } from "./guarded-connector.ts";
import { HostGates } from "./host-gates.ts";
import { retryAfterMs } from "./retry-after.ts";
import { Slots } from "../../kube/slots.ts";
import { unreachable } from "./unreachable.ts";
import { WebReply } from "./web-reply.ts";

export interface WebOptions {
  readonly guard: AddressGuard;
  readonly clock: Clock;
  /** Certificates that are trusted, in PEM, as they are now; Node's own when it gives none. */
  readonly authorities?: () => Promise<readonly string[] | undefined>;
  /** Ends what is under way. */
  readonly signal?: AbortSignal | undefined;
  /** Finds the addresses of a name; the system's resolver unless given. */
  readonly resolve?: typeof lookup | undefined;
}

export interface WebRequest {
  readonly method?: "GET" | "HEAD" | "POST" | "PUT";
  readonly accept?: string;
  /** Sent to the URL's own host and port, and to no other that it redirects to. */
  readonly authorization?: string | undefined;
  readonly form?: URLSearchParams;
  readonly content?: { readonly type: string; readonly bytes: Uint8Array };
}

/** The requests of one piece of work, over connections of its own. */
export interface WebSession {
  /**
   * The answer, after redirects; 429, 408 and 5xx are none. An https URL is never followed to an http one.
   * Errors: SourceRefused, SourceUnavailable.
   */
  send(url: URL, request?: WebRequest): Promise<WebReply>;
  /** Waits until the work may hold a module in memory, which it may to its end. Errors: SourceUnavailable. */
  room(): Promise<void>;
}

const maxRedirects = 5;
const sessionsAtATime = 16;
const modulesAtATime = 2;
/** Milliseconds that a piece of work waits for its turn, before whoever wants it has something else to do. */
const patienceMs = 5000;
const connectMs = 5000;
const silenceMs = 20_000;
/** Milliseconds that a piece of work may take, without the wait for its turn. */
const sessionMs = 180_000;
/** Milliseconds for which a host is left alone that cannot be reached, or that says 429 and nothing more. */
const unreachableMs = 5000;
const tooManyMs = 10_000;

export class Web {
  readonly #options: WebOptions;
  readonly #gates: HostGates;
  readonly #sessions = new Slots(sessionsAtATime);
  readonly #modules = new Slots(modulesAtATime);

  constructor(options: WebOptions) {
    this.#options = options;
    this.#gates = new HostGates(options.clock);
  }

  /** Runs work when it is its turn; its connections end with it. Errors: those of work; SourceUnavailable. */
  async session<T>(work: (web: WebSession) => Promise<T>): Promise<T> {
    const held = [await turn(this.#sessions)];
    try {
      const room = async (): Promise<void> => {
        if (held.length === 1) held.push(await turn(this.#modules));
      };
      return await this.#connected((send) => work({ send, room }));
    } finally {
      for (const leave of held) leave();
    }
  }

  async #connected<T>(work: (send: WebSession["send"]) => Promise<T>): Promise<T> {
    const { guard, authorities, signal, resolve } = this.#options;
    signal?.throwIfAborted();
    const ca = await authorities?.();
    const agent = new Agent({
      connect: guardedConnector({ guard, ca, resolve, timeoutMs: connectMs }),
      headersTimeout: silenceMs,
      bodyTimeout: silenceMs,
    });
    const over = AbortSignal.any([AbortSignal.timeout(sessionMs), ...(signal ? [signal] : [])]);
    try {
      return await work((url, request = {}) => this.#follow(agent, over, url, request));
    } finally {
      await agent.destroy();
    }
  }

  async #follow(agent: Agent, signal: AbortSignal, start: URL, request: WebRequest): Promise<WebReply> {
    let url = start;
    let { authorization } = request;
    for (let hops = 0; hops <= maxRedirects; hops += 1) {
      const reply = await this.#send(agent, signal, url, { ...request, authorization });
      const location = reply.header("location");
      const isRedirect = [301, 302, 303, 307, 308].includes(reply.status) && location !== undefined;
      if (!isRedirect || request.form !== undefined) return reply;
      await reply.dump();
      url = redirected(url, location);
      if (url.origin !== start.origin) authorization = undefined;
    }
    throw new SourceRefused(
      "ModuleNotFound",
      `${start.host} redirects more than ${maxRedirects} times. Name where the module really is.`,
    );
  }

  async #send(agent: Agent, signal: AbortSignal, url: URL, request: WebRequest): Promise<WebReply> {
    this.#gates.pass(url.origin);
    const reply = new WebReply(url, await this.#exchange(agent, signal, url, request));
    const { status } = reply;
    if (status !== 429 && status !== 408 && status < 500) return reply;
    await reply.dump();
    const retryAfter = retryAfterMs(reply.header("retry-after"), this.#options.clock.now());
    if (status !== 429) throw new SourceUnavailable(`${url.host} answered ${status}.`, { retryAfter });
    const message = `${url.host} takes no more requests for now (429); Ebb asks again when it may.`;
    this.#gates.close(url.origin, retryAfter ?? tooManyMs, message);
    throw new SourceUnavailable(message, { retryAfter: retryAfter ?? tooManyMs });
  }

  /** One function finds out that a host cannot be reached, and no other waits for the same. */
  async #exchange(
    agent: Agent,
    signal: AbortSignal,
    url: URL,
    request: WebRequest,
  ): Promise<Dispatcher.ResponseData> {
    try {
      return await exchange(agent, signal, url, request);
    } catch (error) {
      const failure = unreachable(url, error);
      if (failure instanceof SourceUnavailable && !signal.aborted)
        this.#gates.close(url.origin, unreachableMs, failure.message);
      throw failure;
    }
  }
}

async function turn(slots: Slots): Promise<() => void> {
  try {
    return await slots.take(AbortSignal.timeout(patienceMs));
  } catch (error) {
    const message = "As many modules as may be read at a time are being read; this one is asked for again.";
    throw new SourceUnavailable(message, { cause: error });
  }
}

async function exchange(
  dispatcher: Agent,
  signal: AbortSignal,
  url: URL,
  { method = "GET", accept = "*/*", authorization, form, content }: WebRequest,
): Promise<Dispatcher.ResponseData> {
  return await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method,
    signal,
    headers: {
      accept,
      "accept-encoding": "identity",
      "user-agent": "ebb",
      ...(authorization === undefined ? {} : { authorization }),
      ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      ...(content === undefined ? {} : { "content-type": content.type }),
    },
    body: form?.toString() ?? content?.bytes ?? null,
  });
}

function redirected(from: URL, location: string): URL {
  const to = URL.parse(location, from);
  const isWeb = to?.protocol === "https:" || (to?.protocol === "http:" && from.protocol === "http:");
  if (to !== null && isWeb) return to;
  throw new SourceRefused(
    "ModuleForbidden",
    `${from.host} redirects to something that is no ${from.protocol === "https:" ? "https" : "http or https"} URL. Ebb does not follow it.`,
  );
}
