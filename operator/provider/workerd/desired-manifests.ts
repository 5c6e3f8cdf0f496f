/** What each pool should serve: ConfigMap `ebb-pool` of its namespace, one key a function. */
import { labels, managedByEbb, poolName } from "../../api/v1alpha1/names.ts";
import type { Clock } from "../../api/clock.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import { Batches } from "../../kube/batches.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { configMaps } from "../../kube/objects.ts";
import type { ConfigMap } from "../../kube/objects.ts";
import type { OwnerReference } from "../../kube/resource.ts";
import { isOurs } from "../../kube/ours.ts";
import { mapPatch } from "../../kube/patches.ts";
import { isCurrent } from "../../kube/resource-version.ts";
import { SharedReads } from "../../kube/shared-reads.ts";
import type { Store } from "../../kube/store.ts";
import type { Manifest, Versions } from "./manifest.ts";
import { canonicalJson } from "../version-entry.ts";
import { NameTaken } from "./name-taken.ts";

/** Another writer may win this often in one call before the caller has to come again. */
const attempts = 4;
const suffix = ".json";

export interface Desired {
  readonly manifest: Manifest;
  /** The ConfigMap, as owner of everything else of the pool. */
  readonly owner: OwnerReference;
}

export interface DesiredManifestsDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Metadata is enough. */
  readonly configMaps: Store<ConfigMap>;
}

interface Known {
  readonly configMap: ConfigMap;
  readonly desired: Desired;
}

interface Change {
  readonly key: FunctionKey;
  readonly change: (versions: Versions) => Versions | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Guarantees: a change is made to the ConfigMap as it is now, never to an older one; the ConfigMap is deleted only
 * while it holds no other function; one that is not Ebb's is as none, and never changed. Errors: ApiError with 409 when
 * others keep winning.
 */
export class DesiredManifests {
  readonly #deps: DesiredManifestsDeps;
  readonly #known = new Map<string, Known>();
  readonly #reads = new SharedReads<ConfigMap>();
  readonly #batches: Batches<Change>;

  constructor(deps: DesiredManifestsDeps) {
    this.#deps = deps;
    this.#batches = new Batches(deps.clock, (namespace, changes) => this.#write(namespace, changes));
  }

  /** undefined when the namespace has no pool of Ebb's. Asks the API server only when the cache shows a change. */
  async read(namespace: string): Promise<Desired | undefined> {
    await this.#live(namespace);
    return this.#known.get(namespace)?.desired;
  }

  /**
   * Makes change's result the versions of key; no write when they are already so. Done by undefined: the key goes.
   * Changes of a namespace that come while one is being written are written together.
   * Throws NameTaken when there are versions to write and the ConfigMap is somebody else's.
   */
  change(namespace: string, key: FunctionKey, change: Change["change"]): Promise<void> {
    const { promise, ...answers } = Promise.withResolvers<void>();
    this.#batches.add(namespace, [{ key, change, ...answers }]);
    return promise;
  }

  async #write(namespace: string, changes: readonly Change[]): Promise<number> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const live = await (attempt === 1 ? this.#live(namespace) : this.#find(namespace));
        if (live !== undefined && !isOurs(live)) refuse(namespace, changes);
        else await this.#replace(namespace, live, changes);
        for (const { resolve } of changes) resolve();
        return 0;
      } catch (error) {
        if (!isConflict(error) || attempt === attempts) throw error;
      }
    }
  }

  async #replace(namespace: string, live: ConfigMap | undefined, changes: readonly Change[]): Promise<void> {
    const data = changed(live?.data ?? {}, changes);
    const isEmpty = Object.keys(data).length === 0;
    if (live === undefined) {
      if (!isEmpty) await this.#create(namespace, data);
      return;
    }
    const { uid, resourceVersion } = live.metadata;
    const ref = { namespace, name: poolName };
    if (isEmpty) {
      await this.#deps.client.delete(configMaps, ref, {
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        propagationPolicy: "Background",
      });
      this.#known.delete(namespace);
      return;
    }
    const patch = mapPatch(live.data ?? {}, data);
    if (Object.keys(patch).length === 0) return;
    const body = { metadata: { resourceVersion }, data: patch };
    this.#remember(await this.#deps.client.merge(configMaps, ref, body));
  }

  async #create(namespace: string, data: Record<string, string>): Promise<void> {
    const created = await this.#deps.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        namespace,
        name: poolName,
        labels: { [labels.managedBy]: managedByEbb, [labels.name]: poolName, [labels.component]: "pool" },
      },
      data,
    });
    this.#remember(created);
  }

  /** As #find, but without a request while nothing newer is known than what was read or written last. */
  #live(namespace: string): Promise<ConfigMap | undefined> {
    const current = (): ConfigMap | undefined => {
      const known = this.#known.get(namespace)?.configMap;
      const cached = this.#deps.configMaps.get(namespace, poolName);
      return known !== undefined && isCurrent(known, cached) ? known : undefined;
    };
    return this.#reads.read(namespace, current, () => this.#find(namespace));
  }

  /** Also one that is somebody else's; none while it is on its way out. */
  async #find(namespace: string): Promise<ConfigMap | undefined> {
    const ref = { namespace, name: poolName };
    const live = await this.#deps.client.find(configMaps, ref);
    const isGoing = live?.metadata.deletionTimestamp !== undefined;
    if (live === undefined || isGoing || !isOurs(live)) this.#known.delete(namespace);
    else this.#remember(live);
    return isGoing ? undefined : live;
  }

  #remember(configMap: ConfigMap): void {
    this.#known.set(configMap.metadata.namespace ?? "", { configMap, desired: toDesired(configMap) });
  }
}

/** Answers each change to a ConfigMap that is somebody else's: there is nothing in it that could go. */
function refuse(namespace: string, changes: readonly Change[]): void {
  for (const { change, reject } of changes)
    if (change({}) !== undefined) reject(new NameTaken("ConfigMap", { namespace, name: poolName }));
}

/** data after the changes; a function's text stays as it is while its versions do. */
function changed(data: Readonly<Record<string, string>>, changes: readonly Change[]): Record<string, string> {
  const after = new Map(Object.entries(data));
  for (const { key, change } of changes) {
    const file = key + suffix;
    const text = after.get(file);
    const versions = change(text === undefined ? {} : parseVersions(text));
    if (versions === undefined) after.delete(file);
    else after.set(file, canonicalJson({ versions }));
  }
  return Object.fromEntries(after);
}

function toDesired(configMap: ConfigMap): Desired {
  const functions = Object.entries(configMap.data ?? {})
    .filter(([name]) => name.endsWith(suffix))
    .map(([name, text]) => [name.slice(0, -suffix.length), parseVersions(text)] as const);
  const { name, uid = "" } = configMap.metadata;
  return {
    manifest: { functions: Object.fromEntries(functions) },
    owner: { apiVersion: "v1", kind: "ConfigMap", name, uid },
  };
}

/** Written by Ebb alone; what a person breaks by hand must not stop the other functions. */
function parseVersions(text: string): Versions {
  try {
    return (JSON.parse(text) as { versions?: Versions }).versions ?? {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
