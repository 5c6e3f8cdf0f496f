/** What one function has on the gateway: the source that Envoy's configuration is rendered from, kept in the ConfigMap beside it. */
import { createHash } from "node:crypto";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";

/** How far a function has come; each stage is confirmed before the next is written. */
export type Stage =
  /** Clusters only. */
  | "prepared"
  /** Clusters, routes and listener; the slices of every gateway pod that confirms. */
  | "serving"
  /** As serving, while its slices are taken away. */
  | "leaving"
  /** As serving, with no slice left: callers are forgetting the gateway. */
  | "draining"
  /** Clusters and routes only: the listener's last connections end. */
  | "closing";

/** The two ends that requests can reach. A path never changes; another one gets its own clusters. */
export interface Path {
  /** Host is a DNS name with one address an edge host; isPublic where it is reached over TLS by that name. */
  readonly edge: { readonly host: string; readonly port: number; readonly isPublic?: true };
  /** Address is the ClusterIP of the function's origin Service. */
  readonly origin: { readonly address: string; readonly port: number };
}

interface Route {
  /** Share of requests that try the edge first, 0 to 100. */
  readonly weight: number;
  readonly path: Path;
  /** Request headers for the edge; every name starts with `x-ebb-`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface GatewayEntry {
  readonly key: FunctionKey;
  /** The EdgeFunction. */
  readonly name: string;
  readonly uid: string;
  readonly port: number;
  readonly service: {
    readonly name: string;
    /** Empty when the Service's port has no name. */
    readonly portName: string;
    readonly appProtocol?: string;
    readonly families: readonly ("IPv4" | "IPv6")[];
  };
  readonly stage: Stage;
  /** When this stage began, milliseconds since the epoch. */
  readonly since: number;
  readonly route: Route;
  /** Every path that has clusters, the route's own among them. */
  readonly paths: readonly Path[];
}

const entryFile = /^entry-(fn-[0-9a-f]+)\.json$/;

/** Key of the ConfigMap under which an entry is kept. */
export function entryFileName(key: FunctionKey): string {
  return `entry-${key}.json`;
}

/** The entries in a ConfigMap's data, sorted by key. Throws on data that Ebb did not write. */
export function readEntries(data: Readonly<Record<string, string>> | undefined): GatewayEntry[] {
  const files = Object.entries(data ?? {}).filter(([file]) => entryFile.test(file));
  return files.map(([, text]) => JSON.parse(text) as GatewayEntry).toSorted(byKey);
}

export function byKey(a: GatewayEntry, b: GatewayEntry): number {
  return a.key < b.key ? -1 : 1;
}

/** Six hex digits that name a path in the clusters made for it. */
export function pathId(path: Path): string {
  const { edge, origin } = path;
  const reach = edge.isPublic === true ? ["public"] : [];
  return contentHash([edge.host, edge.port, origin.address, origin.port, ...reach]).slice(0, 6);
}

/** Twelve hex digits of sha256 of the JSON of content. */
export function contentHash(content: unknown): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12);
}

/** True when the function's port is open. */
export function isListening(entry: GatewayEntry): boolean {
  return entry.stage === "serving" || entry.stage === "leaving" || entry.stage === "draining";
}
