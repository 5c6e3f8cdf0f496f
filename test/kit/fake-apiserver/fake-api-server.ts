/** An in-memory Kubernetes API over plain HTTP on loopback, with hooks to break it at any request. */
import type { Resource } from "../../../operator/kube/resource.ts";
import type { ApiRequest } from "./api-request.ts";
import { builtinKinds } from "./builtin-kinds.ts";
import type { RequestHook } from "./fault.ts";
import { startGarbageCollector } from "./garbage-collector.ts";
import { startHttpListener } from "./http-listener.ts";
import { clusterIps, deterministicUids } from "./identity.ts";
import { indexKinds, type Kind } from "./kind.ts";
import { startNamespaceController } from "./namespace-controller.ts";
import { objectAccess, type ObjectAccess } from "./object-access.ts";
import { ObjectApi } from "./object-api.ts";
import { requestHandler } from "./request-handler.ts";
import { Storage, type ChangeListener } from "./storage.ts";
import { Watches } from "./watches.ts";

export interface FakeApiServerOptions {
  /** Kinds beside the built-in ones, from loadCustomKinds; they may be shared by many servers. */
  readonly customKinds?: readonly Kind[];
  /** Milliseconds since the epoch; the machine's clock by default. */
  readonly now?: () => number;
  /** Servers with equal seeds give equal uids in equal order. */
  readonly seed?: string;
}

/** A write that came over HTTP. */
export interface WriteRecord {
  /** Counts the writes of a server from 1. */
  readonly number: number;
  readonly request: ApiRequest;
  /** Status code of the answer; 0 when there was none. */
  readonly code: number;
}

export interface FakeApiServer extends ObjectAccess {
  readonly url: string;
  /** Text of a kubeconfig; the token tells clients apart in hooks and changes. */
  kubeconfig(token?: string): string;
  /** Writes over HTTP so far. */
  readonly writes: readonly WriteRecord[];
  /** Called with every request before it takes effect; returns the way to remove the hook. */
  onRequest(hook: RequestHook): () => void;
  /** Called with every committed change, before its answer leaves; must not write itself. */
  onChange(listener: ChangeListener): () => void;
  /** Forgets the history: watches and pages from before answer 410. */
  compact(): void;
  /** Breaks the open watches: all, or those of one token. */
  cutWatches(token?: string): void;
  /** Sends a bookmark on every watch that allows them. */
  bookmark(): void;
  stop(): Promise<void>;
}

/** Resolves when the server listens. */
export async function startFakeApiServer(options: FakeApiServerOptions = {}): Promise<FakeApiServer> {
  const { now = Date.now, seed = "ebb", customKinds = [] } = options;
  const storage = new Storage();
  const kinds = indexKinds([...builtinKinds(clusterIps()), ...customKinds]);
  const api = new ObjectApi({ storage, now, uid: deterministicUids(seed) });
  const watches = new Watches(storage);
  const stoppers = [
    startGarbageCollector({ storage, kinds, api }),
    startNamespaceController({ storage, kinds, api }),
  ];
  const hooks = new Set<RequestHook>();
  const listener = await startHttpListener({
    kinds,
    hooks,
    watches,
    answer: requestHandler({ storage, kinds, api }),
  });
  return {
    ...objectAccess({
      storage,
      api,
      find: (resource) => kindOf(kinds.find(resource.group, resource.version, resource.plural), resource),
    }),
    url: listener.url,
    kubeconfig: (token = "test") => kubeconfigText(listener.url, token),
    writes: listener.writes,
    onRequest: (hook) => {
      hooks.add(hook);
      return () => hooks.delete(hook);
    },
    onChange: (onChange) => storage.subscribe(onChange),
    compact: () => storage.compact(),
    cutWatches: (token) => watches.cut(token),
    bookmark: () => watches.bookmark(),
    stop: async () => {
      for (const stop of stoppers) stop();
      watches.close();
      await listener.stop();
    },
  };
}

function kindOf(kind: Kind | undefined, { plural, group }: Resource): Kind {
  if (kind === undefined) throw new Error(`the fake API server has no ${plural} of group "${group}"`);
  return kind;
}

function kubeconfigText(server: string, token: string): string {
  const name = "fake";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
