/** What each pool should serve: ConfigMap `ebb-pool` of its namespace, one key a function. */
import { labels, managedByEbb, poolName } from "../../api/v1alpha1/names.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { configMaps } from "../../kube/objects.ts";
import type { ConfigMap } from "../../kube/objects.ts";
import type { OwnerReference } from "../../kube/resource.ts";
import { isOurs } from "../../kube/ours.ts";
import type { Store } from "../../kube/store.ts";
import type { Manifest, Versions } from "./manifest.ts";
import { canonicalJson } from "./manifest.ts";
import { NameTaken } from "./name-taken.ts";
import { Serial } from "./serial.ts";

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
  /** Metadata is enough. */
  readonly configMaps: Store<ConfigMap>;
}

/**
 * Guarantees: a change is made to the ConfigMap as it is now, never to an older one; the ConfigMap is deleted only
 * while it holds no other function; one that is not Ebb's is as none, and never changed. Errors: ApiError with 409 when
 * others keep winning.
 */
export class DesiredManifests {
  readonly #deps: DesiredManifestsDeps;
  readonly #known = new Map<string, ConfigMap>();
  readonly #writes = new Map<string, Serial>();

  constructor(deps: DesiredManifestsDeps) {
    this.#deps = deps;
  }

  /** undefined when the namespace has no pool of Ebb's. Asks the API server only when the cache shows a change. */
  async read(namespace: string): Promise<Desired | undefined> {
    const known = this.#known.get(namespace);
    const cached = this.#deps.configMaps.get(namespace, poolName);
    const version = known?.metadata.resourceVersion;
    if (known !== undefined && cached !== undefined && cached.metadata.resourceVersion === version) {
      return toDesired(known);
    }
    const live = await this.#find(namespace);
    return live === undefined || !isOurs(live) ? undefined : toDesired(live);
  }

  /**
   * Makes change's result the versions of key; no write when they are already so. Done by undefined: the key goes.
   * Throws NameTaken when there are versions to write and the ConfigMap is somebody else's.
   */
  async change(
    namespace: string,
    key: FunctionKey,
    change: (versions: Versions) => Versions | undefined,
  ): Promise<void> {
    const serial = this.#writes.get(namespace) ?? new Serial();
    this.#writes.set(namespace, serial);
    await serial.run(async () => {
      const known = await this.read(namespace);
      const before = known?.manifest.functions[key];
      if (known !== undefined && canonicalJson(before) === canonicalJson(change(before ?? {}))) return;
      await this.#write(namespace, key, change);
    });
  }

  async #write(namespace: string, key: FunctionKey, change: (versions: Versions) => Versions | undefined) {
    for (let attempt = 1; ; attempt += 1) {
      try {
        const live = await this.#find(namespace);
        if (live !== undefined && !isOurs(live)) {
          if (change({}) === undefined) return;
          throw new NameTaken("ConfigMap", { namespace, name: poolName });
        }
        const functions = live === undefined ? {} : toDesired(live).manifest.functions;
        return await this.#replace(namespace, live, key, functions, change(functions[key] ?? {}));
      } catch (error) {
        if (!isConflict(error) || attempt === attempts) throw error;
      }
    }
  }

  async #replace(
    namespace: string,
    live: ConfigMap | undefined,
    key: FunctionKey,
    functions: Manifest["functions"],
    versions: Versions | undefined,
  ): Promise<void> {
    if (live === undefined) {
      if (versions !== undefined) await this.#create(namespace, key, versions);
      return;
    }
    const { uid, resourceVersion } = live.metadata;
    const ref = { namespace, name: poolName };
    if (versions === undefined && Object.keys(functions).every((other) => other === key)) {
      await this.#deps.client.delete(configMaps, ref, {
        ...(uid === undefined ? {} : { uid }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
        propagationPolicy: "Background",
      });
      this.#known.delete(namespace);
      return;
    }
    if (versions === undefined && functions[key] === undefined) return;
    const value = versions === undefined ? null : canonicalJson({ versions });
    const body = { metadata: { resourceVersion }, data: { [key + suffix]: value } };
    this.#known.set(namespace, await this.#deps.client.merge(configMaps, ref, body));
  }

  async #create(namespace: string, key: FunctionKey, versions: Versions): Promise<void> {
    const created = await this.#deps.client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: {
        namespace,
        name: poolName,
        labels: { [labels.managedBy]: managedByEbb, [labels.name]: poolName, [labels.component]: "pool" },
      },
      data: { [key + suffix]: canonicalJson({ versions }) },
    });
    this.#known.set(namespace, created);
  }

  /** Also one that is somebody else's; none while it is on its way out. */
  async #find(namespace: string): Promise<ConfigMap | undefined> {
    const ref = { namespace, name: poolName };
    const live = await this.#deps.client.find(configMaps, ref);
    const isGoing = live?.metadata.deletionTimestamp !== undefined;
    if (live === undefined || isGoing || !isOurs(live)) this.#known.delete(namespace);
    else this.#known.set(namespace, live);
    return isGoing ? undefined : live;
  }
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
