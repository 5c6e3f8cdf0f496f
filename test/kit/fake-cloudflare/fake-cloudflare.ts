/** Cloudflare over TLS: its API, and the Workers that were uploaded to it, which run in workerd. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Dispatcher } from "undici";
import { type Account, createAccount } from "./account.ts";
import { answerCall } from "./api.ts";
import { CallLimit } from "./budget.ts";
import type { Target } from "../fake-gateway-proxy.ts";
import { startTlsFront } from "../tls-front.ts";
import { servePublic } from "./front.ts";
import { type Runtime, startRuntime } from "./runtime.ts";
import { Refused } from "./version.ts";

interface Fault {
  readonly status: number;
  readonly code: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The call has its effect, and the answer is lost. */
  readonly isDone?: boolean;
}

export interface FakeCloudflareOptions {
  readonly address?: string;
  /** Of workers.dev and the API; a free one unless given. */
  readonly port?: number;
  /** Milliseconds until requests follow a change. */
  readonly settleMs?: number;
  /** Calls in five minutes. */
  readonly callLimit?: number;
}

export interface FakeCloudflare {
  readonly account: Account;
  readonly token: string;
  readonly address: string;
  readonly port: number;
  /** Of `wrangler`, as CLOUDFLARE_API_BASE_URL; its certificate is that of authority. */
  readonly apiUrl: string;
  /** PEM. */
  readonly authority: string;
  /** Every call as `METHOD path`, below the account. */
  readonly calls: string[];
  /** Of these the ones that were too many. */
  readonly throttled: string[];
  settleMs: number;
  /** Milliseconds by which the clock of its edge is ahead. */
  aheadMs: number;
  /** Asked before each call; what it gives is answered. */
  fault: ((call: string) => Fault | undefined) | undefined;
  /** Brings every host to this server. */
  readonly dispatcher: Dispatcher;
  /** Where a host below workers.dev leads to; undefined for others. */
  target(host: string): Target | undefined;
  /** Whether a Worker answers at a host. */
  answers(host: string): boolean;
  output(): string;
  stop(): Promise<void>;
}

const subdomain = "acme";

export async function startFakeCloudflare(options: FakeCloudflareOptions = {}): Promise<FakeCloudflare> {
  const { callLimit = 1200 } = options;
  const token = "cf-token-0123456789";
  let runtime: Runtime | undefined;
  const running = (): Runtime => {
    if (runtime === undefined) throw new Error("workerd does not run");
    return runtime;
  };
  const account = createAccount("0123456789abcdef0123456789abcdef", subdomain, running, {
    now: () => Date.now() + fake.aheadMs,
    settleMs: () => fake.settleMs,
  });
  runtime = await startRuntime((id) => account.versions.get(id));
  const limit = new CallLimit(callLimit);
  const front = await startTlsFront({
    name: "cloudflare",
    names: ["localhost", "api.cloudflare.com", `*.${subdomain}.workers.dev`],
    address: options.address,
    port: options.port,
    answer: (request, response) => {
      if (request.headers.host?.includes(".workers.dev") === true)
        servePublic(account, running(), request, response);
      else void serveApi(fake, limit, request, response);
    },
  });
  const fake: FakeCloudflare = {
    account,
    token,
    address: front.address,
    port: front.port,
    apiUrl: `https://localhost:${front.port}/client/v4`,
    authority: front.authority,
    calls: [],
    throttled: [],
    settleMs: options.settleMs ?? 0,
    aheadMs: 0,
    fault: undefined,
    dispatcher: front.dispatcher,
    target: (host) => (host.endsWith(".workers.dev") ? front.target(host) : undefined),
    answers: (host) => {
      const script = account.scripts.get(host.split(".")[0] ?? "");
      return script?.isPublic === true && script.route(account.now(), undefined) !== undefined;
    },
    output: () => running().output(),
    async stop() {
      await front.stop();
      await running().stop();
    },
  };
  return fake;
}

async function serveApi(
  fake: FakeCloudflare,
  limit: CallLimit,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = "GET", url = "/" } = incoming;
  const call = `${method} ${url.replace(`/client/v4/accounts/${fake.account.id}`, "")}`;
  fake.calls.push(call);
  const wait = limit.take(fake.account.now());
  if (wait !== undefined) fake.throttled.push(call);
  const fault = fake.fault?.(call);
  const headers = { ratelimit: `"default";r=${Math.max(limit.left, 0)};t=300`, ...fault?.headers };
  try {
    if (wait !== undefined)
      throw Object.assign(new Refused(429, 971, "Please wait and consider throttling your request speed"), {
        wait,
      });
    if (incoming.headers.authorization !== `Bearer ${fake.token}`)
      throw new Refused(401, 10000, "Authentication error");
    if (fault !== undefined && fault.isDone !== true)
      throw new Refused(fault.status, fault.code, fault.message);
    const body = method === "GET" || method === "HEAD" ? {} : { body: Buffer.concat(chunks) };
    const request = new Request(new URL(url, fake.apiUrl), {
      method,
      headers: incoming.headers as Record<string, string>,
      ...body,
    });
    const result = await answerCall(fake.account, request);
    if (fault !== undefined) throw new Refused(fault.status, fault.code, fault.message);
    respond(response, 200, headers, { success: true, errors: [], messages: [], result });
  } catch (error) {
    const refused = error instanceof Refused ? error : new Refused(500, 10013, String(error));
    const retry = wait === undefined ? {} : { "retry-after": String(wait) };
    const errors = [{ code: refused.code, message: refused.message }];
    respond(
      response,
      refused.status,
      { ...headers, ...retry },
      { success: false, errors, messages: [], result: null },
    );
  }
}

function respond(response: ServerResponse, status: number, headers: object, body: object): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}
