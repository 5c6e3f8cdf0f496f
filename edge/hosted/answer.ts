/** What every function answers with at an edge that others run: the probe, the module, and what is said in its place. */
import { settings } from "ebb-settings.js";
import { decodeTrap, trapHeader } from "../pool/traps.ts";
import { TimedOut, within } from "../pool/within.ts";
import { asSent, ownPrefix } from "./gateway-request.ts";

/** What runs, and with what. */
export interface Running {
  /** The edge's own name of it. */
  readonly id: string;
  /** Ebb's. */
  readonly tag: string;
  /** Of the function, plain and secret. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Context {
  waitUntil(promise: Promise<unknown>): void;
}

export interface Shim {
  /** Whether what answers is a shim of ours, whose `x-ebb-reason` is to be believed. */
  readonly isOurs: boolean;
  /** Throws when the module cannot be run; calls no handler of it. */
  check(): void | Promise<void>;
  call(request: Request, env: Readonly<Record<string, string>>, ctx: Context): Promise<Response> | Response;
}

const reasonHeader = `${ownPrefix}reason`;
const probeHeader = `${ownPrefix}probe`;

export type Answerer = (request: Request, running: Running, ctx: Context) => Promise<Response>;

/**
 * A request with `x-ebb-probe` is answered with the version's `id` and `tag`, and the `problem` of a module that cannot be
 * run. Answers in the module's place carry `x-ebb-reason` as those of the pool do: `Trapped`, `RequestTimeout`.
 */
export function answererOf(shim: Shim): Answerer {
  return async (request, running, ctx) => {
    if (request.headers.has(probeHeader)) return Response.json(await probe(shim, running));
    return clean(shim, await answer(shim, asSent(request), running.env, ctx));
  };
}

async function probe(shim: Shim, { id, tag }: Running): Promise<object> {
  try {
    await shim.check();
    return { id, tag };
  } catch (error) {
    return { id, tag, problem: messageOf(error) };
  }
}

async function answer(
  shim: Shim,
  request: Request,
  env: Readonly<Record<string, string>>,
  ctx: Context,
): Promise<Response> {
  const limit = settings.requestTimeoutMs;
  try {
    if (limit === undefined) return await shim.call(request, env, ctx);
    return await within(limit, Date.now, async (signal) =>
      shim.call(new Request(request, { signal }), env, ctx),
    );
  } catch (error) {
    if (error instanceof TimedOut)
      return refuse(504, "RequestTimeout", "the module took longer than spec.limits.requestTimeout allows");
    console.error(messageOf(error));
    return refuse(500, "Trapped", "the module failed to answer");
  }
}

/** Without the headers that only a shim may set; a trap goes to the log. */
function clean({ isOurs }: Shim, response: Response): Response {
  const trap = response.headers.get(trapHeader);
  if (isOurs && trap !== null) console.error(decodeTrap(trap).message);
  const isTold = isOurs || said.has(response);
  const own = [...response.headers.keys()].filter(
    (name) => name.startsWith(ownPrefix) && !(isTold && name === reasonHeader),
  );
  if (own.length === 0) return response;
  const copy = isOurs ? response : new Response(response.body, response);
  for (const name of own) copy.headers.delete(name);
  return copy;
}

const said = new WeakSet<Response>();

function refuse(status: number, reason: string, message: string): Response {
  const response = new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", [reasonHeader]: reason },
  });
  said.add(response);
  return response;
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 500);
}
