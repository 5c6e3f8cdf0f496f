/** Answers one request by one instance of a component of wasi:http. */
import { encodeTrap, trapHeader } from "../pool/traps.ts";
import { type RequestHost, wasiImports } from "./imports.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { LogSink } from "./log-sink.ts";
import { type Answer, BadResponse, type OutgoingResponse, ResponseOutparam } from "./outgoing-response.ts";

/** What the transpiler makes of a component. */
export interface Component {
  readonly coreModules: Readonly<Record<string, WebAssembly.Module>>;
  instantiate(
    coreModule: (name: string) => WebAssembly.Module,
    imports: object,
  ): Promise<Readonly<Record<string, unknown>>>;
}

interface Handler {
  handle(request: IncomingRequest, param: ResponseOutparam): Promise<void>;
}

export interface Surroundings {
  readonly env: Readonly<Record<string, string>>;
  log(stream: "stdout" | "stderr", line: string): void;
  /** Lets the module go on after its answer has begun. */
  keepAlive(work: Promise<void>): void;
}

/**
 * Bodies are streamed both ways. `x-ebb-reason` says why there is no answer of the module: `Trapped` (a trap, an exit, or
 * no answer at all), `BadResponse` (HTTP, or the runtime, cannot send its answer). `x-ebb-trap` is for the router alone.
 */
export async function serveComponent(
  component: Component,
  request: Request,
  surroundings: Surroundings,
): Promise<Response> {
  const { log } = surroundings;
  const host: RequestHost = {
    method: request.method,
    env: surroundings.env,
    stdout: new LogSink((line) => log("stdout", line)),
    stderr: new LogSink((line) => log("stderr", line)),
    tell: (line) => log("stderr", line),
  };
  const answer = Promise.withResolvers<Response>();
  let begun: OutgoingResponse | undefined;
  const param = new ResponseOutparam((given) => {
    begun = given.tag === "ok" ? given.val : undefined;
    answer.resolve(responseOf(given, host));
  });
  const run = async () => {
    try {
      const { handle } = await handlerOf(component, host);
      await handle(new IncomingRequest(request), param);
      begun?.end();
      answer.resolve(trapped("the module ended without an answer", host));
    } catch (error) {
      // What was written of a body ends here, and its reader is told.
      begun?.abort();
      const message = `the module trapped: ${reasonOf(error)}`;
      if (begun !== undefined) log("stderr", message);
      answer.resolve(trapped(message, host));
    } finally {
      host.stdout.end();
      host.stderr.end();
    }
  };
  surroundings.keepAlive(run());
  return answer.promise;
}

/** Instantiates and calls nothing. Throws when the component cannot run. */
export async function checkComponent(component: Component): Promise<void> {
  const nowhere = new LogSink(() => undefined);
  await handlerOf(component, {
    method: "GET",
    env: {},
    stdout: nowhere,
    stderr: nowhere,
    tell: () => undefined,
  });
}

async function handlerOf({ instantiate, coreModules }: Component, host: RequestHost): Promise<Handler> {
  const instance = await instantiate((name) => {
    const module = coreModules[name];
    if (module === undefined) throw new Error(`the component has no core module ${name}`);
    return module;
  }, wasiImports(host));
  const found = Object.entries(instance).find(([name]) => name.startsWith("wasi:http/incoming-handler@0.2."));
  if (found === undefined) throw new Error("the component exports no wasi:http/incoming-handler@0.2.x");
  return found[1] as Handler;
}

/** Without the transpiler's own opening. */
function reasonOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/^wasm trap: /, "");
}

function responseOf(answer: Answer, host: RequestHost): Response {
  if (answer.tag === "err") return trapped(`the module answered with the error ${answer.val.tag}`, host);
  try {
    return answer.val.response();
  } catch (error) {
    answer.val.abort();
    if (error instanceof BadResponse || error instanceof TypeError)
      return refuse(500, "BadResponse", error.message);
    throw error;
  }
}

function trapped(message: string, { stderr }: RequestHost): Response {
  const response = refuse(500, "Trapped", message);
  response.headers.set(trapHeader, encodeTrap({ message, stderr: stderr.beginning }));
  return response;
}

function refuse(status: number, reason: string, message: string): Response {
  return new Response(`${message}\n`, {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "x-ebb-reason": reason },
  });
}
