/** All interfaces of WASI 0.2 that a component may import, for one request. */
import { absentInterfaces } from "./absent.ts";
import { FutureTrailers, IncomingBody, OutgoingBody } from "./bodies.ts";
import { Clocks, resolution } from "./clocks.ts";
import { IoError } from "./failed.ts";
import { Fields } from "./fields.ts";
import { IncomingRequest } from "./incoming-request.ts";
import { emptySource, InputStream } from "./input-stream.ts";
import type { LogSink } from "./log-sink.ts";
import { createHandle, FutureIncomingResponse, IncomingResponse } from "./outgoing-handler.ts";
import { OutgoingRequest, RequestOptions } from "./outgoing-request.ts";
import { type Exchange, outgoingResponseOf, ResponseOutparam } from "./outgoing-response.ts";
import { OutputStream } from "./output-stream.ts";
import { poll, Pollable } from "./pollable.ts";
import { randomBytes, randomNumber } from "./random.ts";

export interface RequestHost extends Exchange {
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: LogSink;
  readonly stderr: LogSink;
}

/** Thrown through the module's frames by exit. */
class Exit extends Error {}

function exit(code: number): never {
  throw new Exit(`the module exited with ${code}`);
}

/** By interface, without its version. */
export function wasiImports(host: RequestHost): Readonly<Record<string, object>> {
  const clocks = new Clocks(Date.now);
  return {
    ...absentInterfaces,
    "wasi:cli/environment": {
      getEnvironment: () => Object.entries(host.env),
      getArguments: () => [],
      initialCwd: () => undefined,
    },
    "wasi:cli/exit": {
      exit: ({ tag }: { readonly tag: "ok" | "err" }) => exit(tag === "ok" ? 0 : 1),
      exitWithCode: exit,
    },
    "wasi:cli/stderr": { getStderr: () => new OutputStream(host.stderr) },
    "wasi:cli/stdin": { getStdin: () => new InputStream(emptySource) },
    "wasi:cli/stdout": { getStdout: () => new OutputStream(host.stdout) },
    "wasi:clocks/monotonic-clock": {
      now: () => clocks.monotonic(),
      resolution: () => resolution,
      subscribeInstant: (instant: bigint) => clocks.at(instant),
      subscribeDuration: (duration: bigint) => clocks.at(clocks.monotonic() + duration),
    },
    "wasi:clocks/wall-clock": {
      now: () => clocks.wall(),
      resolution: () => ({ seconds: 0n, nanoseconds: Number(resolution) }),
    },
    "wasi:http/outgoing-handler": { handle: createHandle((line) => host.tell(line)) },
    "wasi:http/types": {
      Fields,
      FutureIncomingResponse,
      FutureTrailers,
      IncomingBody,
      IncomingRequest,
      IncomingResponse,
      OutgoingBody,
      OutgoingRequest,
      OutgoingResponse: outgoingResponseOf(host),
      RequestOptions,
      ResponseOutparam,
      httpErrorCode: ({ code }: IoError) => code,
    },
    "wasi:io/error": { Error: IoError },
    "wasi:io/poll": { Pollable, poll },
    "wasi:io/streams": { InputStream, OutputStream },
    "wasi:random/insecure": { getInsecureRandomBytes: randomBytes, getInsecureRandomU64: randomNumber },
    "wasi:random/insecure-seed": { insecureSeed: () => [randomNumber(), randomNumber()] },
    "wasi:random/random": { getRandomBytes: randomBytes, getRandomU64: randomNumber },
  };
}
