/** Finds the credentials for registries in the Secrets of a function's namespace, as a kubelet does for images. */
import { isForbidden } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { serviceAccounts } from "../../kube/objects.ts";
import { allowSecret } from "../allow-secret.ts";
import type { SecretReader } from "../secret-reader.ts";
import { SourceRefused } from "../source-error.ts";
import { type ConfigEntry, DockerConfigError, parseDockerConfig } from "./docker-config.ts";

/** Where to look. */
export interface PullSecrets {
  readonly namespace: string;
  /** spec.module.oci.pullSecretRef.name: then nowhere else. */
  readonly named?: string | undefined;
  /** imagePullSecrets of the workload's pods; those of its account count when there are none. */
  readonly ofPods: readonly string[];
  readonly serviceAccount: string;
}

export interface PullCredentials {
  readonly entries: readonly ConfigEntry[];
  /** What could not be read or understood of what the workload's pods have, for messages. */
  readonly unread: readonly string[];
}

const forms = [".dockerconfigjson", ".dockercfg"] as const;
const field = "spec.module.oci.pullSecretRef";

export class PullSecretReader {
  readonly #client: KubeClient;
  readonly #secrets: SecretReader;

  constructor(client: KubeClient, secrets: SecretReader) {
    this.#client = client;
    this.#secrets = secrets;
  }

  /** Errors: SourceRefused for what pullSecretRef names; ApiError when the API server does not answer. */
  async read(where: PullSecrets): Promise<PullCredentials> {
    const { namespace, named } = where;
    if (named !== undefined) return { entries: await this.#named(namespace, named), unread: [] };
    const unread: string[] = [];
    const names = await this.#ofWorkload(where, unread);
    const entries: ConfigEntry[] = [];
    for (const name of names) {
      try {
        entries.push(...((await this.#entries(namespace, name)) ?? []));
      } catch (error) {
        if (!isForbidden(error) && !(error instanceof DockerConfigError)) throw error;
        unread.push(`Secret "${name}"`);
      }
    }
    return { entries, unread };
  }

  async #named(namespace: string, name: string): Promise<ConfigEntry[]> {
    try {
      const found = await this.#entries(namespace, name);
      if (found !== undefined) return found;
    } catch (error) {
      if (isForbidden(error)) throw forbidden(namespace, name, error);
      if (!(error instanceof DockerConfigError)) throw error;
      throw new SourceRefused("PullSecretInvalid", `${field} names Secret "${name}": ${error.message}`, {
        cause: error,
      });
    }
    throw new SourceRefused(
      "PullSecretNotFound",
      `${field} names Secret "${name}", which does not exist in namespace "${namespace}". Create it there with: kubectl --namespace ${namespace} create secret docker-registry ${name}`,
    );
  }

  /** Undefined when there is no such Secret. */
  async #entries(namespace: string, name: string): Promise<ConfigEntry[] | undefined> {
    const ref = { namespace, name };
    for (const form of forms) {
      const found = await this.#secrets.read(ref, form);
      if (found === undefined) return undefined;
      if (found.bytes !== undefined)
        return parseDockerConfig(Buffer.from(found.bytes).toString("utf8"), form);
    }
    throw new DockerConfigError(`It has neither of the keys ${forms.join(" and ")}.`);
  }

  async #ofWorkload(where: PullSecrets, unread: string[]): Promise<readonly string[]> {
    if (where.ofPods.length > 0) return where.ofPods;
    const { namespace, serviceAccount: name } = where;
    try {
      const account = await this.#client.find(serviceAccounts, { namespace, name });
      return (account?.imagePullSecrets ?? []).flatMap((secret) => secret.name ?? []);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      unread.push(`ServiceAccount "${name}"`);
      return [];
    }
  }
}

function forbidden(namespace: string, name: string, cause: unknown): SourceRefused {
  return new SourceRefused(
    "PullSecretForbidden",
    `${field} names Secret "${name}", which Ebb may not read in namespace "${namespace}". ${allowSecret(namespace, name)}`,
    { cause },
  );
}
