/** Deno Deploy over TLS: its API, and the apps that were deployed with it, which the real `deno` runs. */
import { mkdtemp, rm } from "node:fs/promises";
import { type IncomingMessage, request as httpRequest, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Dispatcher } from "undici";
import type { Target } from "../fake-gateway-proxy.ts";
import { startTlsFront } from "../tls-front.ts";
import { answerCall, type Organization } from "./api.ts";
import { Refused } from "./refused.ts";

interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** The call has its effect, and the answer is lost. */
  readonly isDone?: boolean;
}

export interface FakeDeno {
  readonly organization: Organization;
  readonly token: string;
  /** Of Deno's SDK, as `apiEndpoint`; its certificate is that of authority. */
  readonly apiUrl: string;
  /** PEM. */
  readonly authority: string;
  /** Every call as `METHOD path`, below the version of the API. */
  readonly calls: string[];
  /** Milliseconds until requests follow a change. */
  settleMs: number;
  /** Milliseconds by which its clock is ahead. */
  aheadMs: number;
  /** Asked before each call; what it gives is answered. */
  fault: ((call: string) => Fault | undefined) | undefined;
  /** Brings every host to this server. */
  readonly dispatcher: Dispatcher;
  /** Where a host below deno.net leads to; undefined for others. */
  target(host: string): Target | undefined;
  /** Whether an app answers at a host. */
  answers(host: string): boolean;
  stop(): Promise<void>;
}

const slug = "acme";
const domain = `.${slug}.deno.net`;

export async function startFakeDeno(options: { readonly settleMs?: number } = {}): Promise<FakeDeno> {
  const folder = await mkdtemp(join(tmpdir(), "ebb-deno-"));
  const organization: Organization = {
    slug,
    apps: new Map(),
    made: [],
    folder,
    now: () => Date.now() + fake.aheadMs,
    settled: () => organization.now() + fake.settleMs,
  };
  const front = await startTlsFront({
    name: "deno",
    names: ["localhost", "api.deno.com", `*${domain}`],
    answer: (request, response) => {
      const { host = "" } = request.headers;
      if (host.endsWith(domain)) void servePublic(organization, request, response);
      else void serveApi(fake, request, response);
    },
  });
  const fake: FakeDeno = {
    organization,
    token: "ddo_0123456789",
    apiUrl: `https://localhost:${front.port}`,
    authority: front.authority,
    calls: [],
    settleMs: options.settleMs ?? 0,
    aheadMs: 0,
    fault: undefined,
    dispatcher: front.dispatcher,
    target: (host) => (host.endsWith(domain) ? front.target(host) : undefined),
    answers: (host) =>
      organization.apps.get(host.split(".")[0] ?? "")?.active(organization.now()) !== undefined,
    async stop() {
      await front.stop();
      await Promise.all(organization.made.map((app) => app.stop()));
      await rm(folder, { recursive: true });
    },
  };
  return fake;
}

async function serveApi(fake: FakeDeno, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const { method = "GET", headers } = incoming;
  const url = new URL((incoming.url ?? "/").replace(/^(\/api)?\/v2/, ""), fake.apiUrl);
  const call = `${method} ${url.pathname}${url.search}`;
  fake.calls.push(call);
  const fault = fake.fault?.(call);
  try {
    if (headers.authorization !== `Bearer ${fake.token}`)
      throw new Refused(401, "UNAUTHORIZED", "The token is not valid");
    if (fault !== undefined && fault.isDone !== true)
      throw new Refused(fault.status, fault.code, fault.message);
    const text = Buffer.concat(chunks).toString();
    const body = text === "" ? {} : (JSON.parse(text) as unknown);
    const answer = await answerCall(fake.organization, { method, url, body });
    if (fault !== undefined) throw new Refused(fault.status, fault.code, fault.message);
    if (answer.lines !== undefined) {
      respondLines(response, answer.lines, headers.accept);
      return;
    }
    response.writeHead(answer.status, {
      "content-type": "application/json",
      ...(answer.link === undefined ? {} : { link: answer.link }),
    });
    response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body));
  } catch (error) {
    const { status, code, message } =
      error instanceof Refused ? error : new Refused(500, "INTERNAL_SERVER_ERROR", String(error));
    response.writeHead(status, { "content-type": "application/json", ...fault?.headers });
    response.end(JSON.stringify({ code, message }));
  }
}

function respondLines(response: ServerResponse, lines: readonly unknown[], accept = ""): void {
  const isEvents = accept.includes("text/event-stream");
  response.writeHead(200, { "content-type": isEvents ? "text/event-stream" : "application/x-ndjson" });
  response.end(
    lines
      .map((line) => (isEvents ? `data: ${JSON.stringify(line)}\n\n` : `${JSON.stringify(line)}\n`))
      .join(""),
  );
}

/** What the internet sees of an organization: its apps below deno.net. */
async function servePublic(
  organization: Organization,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const app = organization.apps.get(request.headers.host?.split(".")[0] ?? "");
  const instance = app?.active(organization.now())?.instance();
  if (instance === undefined) {
    response.writeHead(404, { "content-type": "text/plain", server: "deno" });
    response.end("DEPLOYMENT_NOT_FOUND");
    return;
  }
  const end = instance.begin();
  response.once("close", end);
  const origin = await instance.origin.catch(() => undefined);
  if (origin === undefined) {
    response.writeHead(502, { "content-type": "text/plain", server: "deno" });
    response.end("ISOLATE_INTERNAL_FAILURE");
    return;
  }
  const { connection: _connection, ...headers } = request.headers;
  const passed = httpRequest(origin, {
    method: request.method,
    path: request.url,
    // An instance may be stopped between two requests.
    agent: false,
    headers: {
      ...headers,
      // Deno Deploy says what it has seen, whatever was said before.
      "x-forwarded-proto": "https",
      "x-forwarded-for": [headers["x-forwarded-for"] ?? [], request.socket.remoteAddress].flat().join(", "),
    },
  });
  passed.on("response", (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, answer.rawHeaders);
    answer.pipe(response);
  });
  passed.on("error", () => response.destroy());
  response.on("close", () => passed.destroy());
  request.pipe(passed);
}
