/** The interface of every edge: publish a version, say where it answers, watch it, take it away. */
import type { Duration } from "../api/duration.ts";
import type { FunctionIdentity } from "../api/function-identity.ts";
import type { Outcome } from "../api/outcome.ts";
import type { SecretValue } from "../api/secret-value.ts";
import type { Upstream } from "../api/upstream.ts";

/**
 * How the module is called. The bytes are one WASI command, one ES module or, of a WasiHttp component, an ES module with
 * its Wasm beside it, in one piece as edge/pool/bundle.ts reads it.
 */
export type Abi = "WasiCommand" | "WasiHttp" | "Worker";

/** A place that a module may reach. */
export interface EgressRule {
  /** A name, an IPv4 address, or `*.` and a name: any name below that, not the name itself. */
  readonly host: string;
  readonly port: number;
}

/** What is published: bytes and what they run with. */
export interface Artifact {
  readonly abi: Abi;
  /** `sha256:` and 64 hex digits, of the module's bytes. */
  readonly digest: string;
  /** The module, which may have to be fetched: called only when the edge lacks it. What it throws ends the pass. */
  readonly bytes: () => Promise<Uint8Array>;
  /** Of the environment what may be read by anybody. */
  readonly env: Readonly<Record<string, string>>;
  /** The rest of it, by the variable's name; none unless given. */
  readonly secretEnv?: Readonly<Record<string, SecretValue>>;
  /** Nothing unless given. */
  readonly egress?: readonly EgressRule[];
  /** That it may compute for one request, where the edge can hold it to that; the edge's own limit unless given. */
  readonly cpuTime?: Duration;
  /** Within which it must begin to answer a request; any time unless given. */
  readonly requestTimeout?: Duration;
}

/**
 * Guarantees: every call is idempotent and may be repeated after a crash at any point; a call makes at most one
 * destructive effect; nothing without Ebb's ownership mark is changed.
 * Errors: throws only what a later call may cure (the edge or the API server does not answer).
 */
export interface Provider {
  /** Name of a version: follows from artifact alone, equal artifacts have equal versions. */
  version(artifact: Artifact): string;
  /** Done when every ready host of the edge can serve version; earlier versions go on. */
  publish(fn: FunctionIdentity, artifact: Artifact): Promise<Outcome>;
  /** Where version of fn answers. */
  upstream(fn: FunctionIdentity, version: string): Upstream;
  /** Done while the edge can serve version; otherwise says what is wrong. */
  observe(fn: FunctionIdentity, version: string): Promise<Outcome>;
  /** Lets go of every version but the kept one; called only when no gateway routes to the others. */
  keepOnly(fn: FunctionIdentity, version: string): Promise<Outcome>;
  /** Done when nothing of fn is left at the edge. */
  retire(fn: FunctionIdentity): Promise<Outcome>;
}
