/** The two certificate authorities of all pools, and the operator's own leaf. */
import type { Clock } from "../../api/clock.ts";
import { caSecretName, labels, managedByEbb } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { secrets } from "../../kube/objects.ts";
import type { Secret } from "../../kube/objects.ts";
import { createAuthority, issueLeaf, needsRenewal } from "./certificates.ts";
import type { KeyPair } from "./certificates.ts";
import { decodeSecret, encodeSecret } from "./secret-data.ts";

const clientLife = 86_400_000;
/** How long the Secret is taken to be as it was read. */
const rereadAfter = 15_000;

export interface Authorities {
  /** Signs the pools' certificates. */
  readonly server: KeyPair;
  /** Signs the operators'. */
  readonly client: KeyPair;
}

export interface PoolAuthorityDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Where Secret `ebb-ca` is kept. */
  readonly operatorNamespace: string;
}

/**
 * Guarantees: two operators that start at once end with the same authorities; nothing of a key is in an error.
 * Caveats: a deleted Secret is made anew, and every pool is rolled to certificates of the new authorities.
 */
export class PoolAuthority {
  readonly #deps: PoolAuthorityDeps;
  #read: { readonly at: number; readonly authorities: Promise<Authorities> } | undefined;
  #leaf: KeyPair | undefined;

  constructor(deps: PoolAuthorityDeps) {
    this.#deps = deps;
  }

  /** Made when they are not there. */
  async authorities(): Promise<Authorities> {
    const now = this.#deps.clock.now();
    if (this.#read === undefined || now - this.#read.at > rereadAfter) {
      this.#read = { at: now, authorities: this.#findOrCreate() };
    }
    const read = this.#read;
    try {
      return await read.authorities;
    } catch (error) {
      if (this.#read === read) this.#read = undefined;
      throw error;
    }
  }

  /** The operator's certificate; kept in memory and renewed in time. */
  async clientLeaf(): Promise<KeyPair> {
    const { client } = await this.authorities();
    const now = this.#deps.clock.now();
    if (this.#leaf === undefined || (await needsRenewal(this.#leaf.certificate, client.certificate, now))) {
      this.#leaf = await issueLeaf(
        client,
        { names: ["ebb-operator"], usage: "clientAuth", life: clientLife },
        now,
      );
    }
    return this.#leaf;
  }

  async #findOrCreate(): Promise<Authorities> {
    const { client, operatorNamespace: namespace } = this.#deps;
    const ref = { namespace, name: caSecretName };
    const existing = await client.find(secrets, ref);
    if (existing !== undefined) return parse(existing);
    try {
      return parse(await client.create(secrets, await this.#newSecret(namespace)));
    } catch (error) {
      if (!isConflict(error)) throw error;
      return parse(await client.get(secrets, ref));
    }
  }

  async #newSecret(namespace: string): Promise<Secret> {
    const now = this.#deps.clock.now();
    const [server, client] = await Promise.all([
      createAuthority("Ebb pool servers", now),
      createAuthority("Ebb operators", now),
    ]);
    return {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { namespace, name: caSecretName, labels: { [labels.managedBy]: managedByEbb } },
      type: "Opaque",
      data: encodeSecret({
        "server-ca.crt": server.certificate,
        "server-ca.key": server.key,
        "client-ca.crt": client.certificate,
        "client-ca.key": client.key,
      }),
    };
  }
}

function parse(secret: Secret): Authorities {
  const data = decodeSecret(secret);
  const read = (key: string): string => {
    const value = data[key];
    if (value === undefined)
      throw new Error(`Secret ${caSecretName} has no ${key}; delete it and Ebb makes a new one`);
    return value;
  };
  return {
    server: { certificate: read("server-ca.crt"), key: read("server-ca.key") },
    client: { certificate: read("client-ca.crt"), key: read("client-ca.key") },
  };
}
