/** What the router is given by workerd for one request. */
import type { Disk } from "./disk.ts";
import type { EgressRule } from "./egress.ts";

/** A service or an entrypoint of another isolate. */
export interface Fetcher {
  fetch(request: Request | string, init?: RequestInit): Promise<Response>;
}

/** The entrypoint of the shim in a function's isolate that only the router calls. */
export interface Control {
  warm(): Promise<void>;
  abort(): Promise<void>;
}

type Module =
  | string
  | { readonly js: string }
  | { readonly text: string }
  | { readonly data: ArrayBuffer }
  | { readonly wasm: ArrayBuffer };

export interface IsolateCode {
  readonly compatibilityDate: string;
  readonly compatibilityFlags?: readonly string[];
  readonly mainModule: string;
  readonly modules: Readonly<Record<string, Module>>;
  readonly env: Readonly<Record<string, string>>;
  /** All that leaves the isolate goes there; null: fetch and connect are refused. */
  readonly globalOutbound: Fetcher | null;
}

export interface IsolateStub {
  getEntrypoint(): Fetcher;
  getEntrypoint(name: "EbbControl"): Control;
}

/** Isolates by id; load is called once an id, and its failure is kept for ever. */
export interface Loader {
  get(id: string, load: () => IsolateCode | Promise<IsolateCode>): IsolateStub;
}

/** Bindings in config.capnp. */
export interface RouterEnv {
  readonly LOADER: Loader;
  readonly DATA: Fetcher;
  readonly STATE: Fetcher;
  /** The network beyond this pod. */
  readonly NETWORK: Fetcher;
  /** Seconds that a version takes new requests after the manifest has dropped it; null: 30. */
  readonly DRAIN_SECONDS: string | null;
  /** Seconds after which what such a version still has in flight is broken off; null: 600. */
  readonly CAP_SECONDS: string | null;
  /** Seconds for which the process must have had the processor for its end to count against a function; null: 5. */
  readonly STEADY_SECONDS: string | null;
}

/** Sources of the modules that stand in front of a function's own, by ABI. */
interface Shims {
  readonly wasiCommand: string;
  readonly wasiHttp: string;
  readonly workerModule: string;
}

/** What of the engine's own is needed to see the end of an answer that is under way. */
interface Streams {
  /** Bytes that body will give; undefined when they are not known before. */
  lengthOf(body: ReadableStream): bigint | undefined;
  /** What is written comes out unchanged. */
  through(): { readonly readable: ReadableStream; readonly writable: WritableStream };
  /** Two ends of one WebSocket; none in an engine that has no WebSockets. */
  pair?(): readonly [client: Socket, server: Socket];
}

/** A WebSocket as workerd has it. */
export interface Socket {
  binaryType: "arraybuffer" | "blob";
  accept(): void;
  send(data: string | ArrayBuffer): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: "message", listener: (event: { readonly data: string | ArrayBuffer }) => void): void;
  addEventListener(
    type: "close",
    listener: (event: { readonly code: number; readonly reason: string }) => void,
  ): void;
  addEventListener(type: "error", listener: () => void): void;
}

/** Belongs to one request: workerd refuses to use such objects in another one. */
export interface Host {
  readonly loader: Loader;
  readonly disk: Disk;
  readonly shims: Shims;
  readonly drainSeconds: number;
  readonly capSeconds: number;
  readonly steadySeconds: number;
  readonly streams: Streams;
  /** What lets out only what rules allow. */
  egress(rules: readonly EgressRule[]): Fetcher;
  /** Lets work end though its request was cancelled. */
  keepAlive(work: Promise<unknown>): void;
}
