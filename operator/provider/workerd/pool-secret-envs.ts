/** What the versions of a pool get from Secrets: Secret `ebb-pool-env` of the namespace, one key a version. */
import type { Clock } from "../../api/clock.ts";
import { labels, managedByEbb, poolEnvSecretName } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { secrets } from "../../kube/objects.ts";
import type { Secret } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { OwnerReference } from "../../kube/resource.ts";
import type { Manifest, SecretEnvs } from "./manifest.ts";
import { canonicalJson } from "../version-entry.ts";
import { namesWithSecrets } from "./manifest.ts";
import { NameTaken } from "./name-taken.ts";
import { decodeSecret, encodeSecret } from "./secret-data.ts";
import { Serial } from "./serial.ts";

type Values = SecretEnvs[string];

interface Known {
  readonly at: number;
  /** Undefined when there is none of Ebb's. */
  readonly secret: Secret | undefined;
}

/** How long the Secret is taken to be as it was read while a version needs it. */
const rereadAfter = 45_000;
const attempts = 4;

/**
 * Guarantees: a value is here before a pod is told of it, and goes when the manifest does not name its version any more.
 * Requires: a version is in the manifest before its values are written here. Errors: ApiError, also 409 when others keep
 * winning; no error holds a value.
 */
export class PoolSecretEnvs {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();
  readonly #writes = new Map<string, Serial>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /**
   * The values that are here of the versions that current names; drops those of others. current is asked when no write is
   * under way, so that it names whatever was written before.
   */
  async read(namespace: string, current: () => Promise<Manifest | undefined>): Promise<SecretEnvs> {
    const data = await this.#serial(namespace, async () => {
      const manifest = await current();
      if (manifest === undefined) return undefined;
      const needed = namesWithSecrets(manifest);
      const secret = await this.#look(namespace, needed);
      const stale = Object.keys(secret?.data ?? {}).filter((key) => !needed.includes(nameOf(key)));
      if (secret === undefined || stale.length === 0) return secret;
      return this.#merge(namespace, secret, { data: Object.fromEntries(stale.map((key) => [key, null])) });
    });
    const values = Object.entries(decodeSecret(data ?? { metadata: { name: "" } }));
    return Object.fromEntries(values.map(([key, text]) => [nameOf(key), parseValues(text)]));
  }

  /** name is `<key>/<version>`. No write when the values are there. Throws NameTaken. */
  async ensure(namespace: string, owner: OwnerReference, name: string, values: Values): Promise<void> {
    const encoded = encodeSecret({ [keyOf(name)]: canonicalJson(values) });
    await this.#serial(namespace, async () => {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await this.#write(namespace, owner, name, encoded);
        } catch (error) {
          this.#known.delete(namespace);
          if (!isConflict(error) || attempt === attempts) throw error;
        }
      }
    });
  }

  /** The namespace's pool is gone, and the Secret with it. */
  forget(namespace: string): void {
    this.#known.delete(namespace);
    this.#writes.delete(namespace);
  }

  async #write(
    namespace: string,
    owner: OwnerReference,
    name: string,
    encoded: Record<string, string>,
  ): Promise<void> {
    const key = keyOf(name);
    const secret = await this.#look(namespace, [name]);
    const isOwned = secret?.metadata.ownerReferences?.some(({ uid }) => uid === owner.uid) ?? false;
    if (isOwned && secret?.data?.[key] === encoded[key]) return;
    if (secret !== undefined) {
      await this.#merge(namespace, secret, { metadata: { ownerReferences: [owner] }, data: encoded });
      return;
    }
    const ref = { namespace, name: poolEnvSecretName };
    if ((await this.#client.find(secrets, ref)) !== undefined) throw new NameTaken("Secret", ref);
    const created = await this.#client.create(secrets, {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { ...ref, labels: { [labels.managedBy]: managedByEbb }, ownerReferences: [owner] },
      type: "Opaque",
      data: encoded,
    });
    this.#known.set(namespace, { at: this.#clock.now(), secret: created });
  }

  /** Asks when a needed version is not in what is known, or when that is old and something is needed. */
  async #look(namespace: string, needed: readonly string[]): Promise<Secret | undefined> {
    const known = this.#known.get(namespace);
    const isOld = known !== undefined && this.#clock.now() - known.at > rereadAfter && needed.length > 0;
    const lacks = needed.some((name) => known?.secret?.data?.[keyOf(name)] === undefined);
    if (known !== undefined && !isOld && !lacks) return known.secret;
    const found = await this.#client.find(secrets, { namespace, name: poolEnvSecretName });
    const secret = found !== undefined && isOurs(found) ? found : undefined;
    this.#known.set(namespace, { at: this.#clock.now(), secret });
    return secret;
  }

  async #merge(
    namespace: string,
    { metadata: { resourceVersion } }: Secret,
    change: { readonly metadata?: object; readonly data: object },
  ): Promise<Secret> {
    const ref = { namespace, name: poolEnvSecretName };
    const body = { ...change, metadata: { ...change.metadata, resourceVersion } };
    const secret = await this.#client.merge(secrets, ref, body);
    this.#known.set(namespace, { at: this.#clock.now(), secret });
    return secret;
  }

  async #serial<T>(namespace: string, task: () => Promise<T>): Promise<T> {
    const serial = this.#writes.get(namespace) ?? new Serial();
    this.#writes.set(namespace, serial);
    return serial.run(task);
  }
}

/** A slash may not be in a key of a Secret. */
function keyOf(name: string): string {
  return name.replace("/", ".");
}

function nameOf(key: string): string {
  return key.replace(".", "/");
}

/** Written by Ebb alone; what a person breaks by hand is written again by the function's next pass. */
function parseValues(text: string): Values {
  try {
    return JSON.parse(text) as Values;
  } catch (error) {
    // The error would repeat a part of the text.
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
