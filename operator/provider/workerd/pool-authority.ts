/** The two certificate authorities of all pools, and the operator's own leaf. */
import type { Clock } from "../../api/clock.ts";
import { caSecretName, labels, managedByEbb } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { secrets } from "../../kube/objects.ts";
import type { Secret } from "../../kube/objects.ts";
import { isOurs } from "../../kube/ours.ts";
import type { Ref } from "../../kube/resource.ts";
import { bundleOf, rotated } from "./authority-rotation.ts";
import type { AuthorityState } from "./authority-rotation.ts";
import { issueLeaf } from "./certificates.ts";
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
  /** PEM of all authorities whose pools operators trust: more than one while authorities change. */
  readonly serverTrust: string;
  /** The same of operators, whom pools trust. */
  readonly clientTrust: string;
}

export interface PoolAuthorityDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Where Secret `ebb-ca` is kept. */
  readonly operatorNamespace: string;
}

/**
 * Guarantees: two operators that start at once end with the same authorities; an authority is replaced in time, with a
 * week in which the next one is trusted and does not sign, and one in which the former is; nothing of a key is in an error.
 * Caveats: a deleted Secret is made anew, as is an authority that somebody has spoiled; every pool is then rolled to
 * certificates of the new ones with no such overlap.
 */
export class PoolAuthority {
  readonly #deps: PoolAuthorityDeps;
  #read: { readonly at: number; readonly authorities: Promise<Authorities> } | undefined;
  #leaf: { readonly pair: KeyPair; readonly signedBy: string; readonly since: number } | undefined;

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
    const known = this.#leaf;
    // Every push asks: to parse the certificates each time would cost more than the push.
    if (known?.signedBy === client.certificate && now < known.since + (clientLife * 2) / 3) return known.pair;
    const wanted = { names: ["ebb-operator"], usage: "clientAuth", life: clientLife } as const;
    const pair = await issueLeaf(client, wanted, now);
    this.#leaf = { pair, signedBy: client.certificate, since: now };
    return pair;
  }

  async #findOrCreate(): Promise<Authorities> {
    const { client, operatorNamespace: namespace } = this.#deps;
    const ref = { namespace, name: caSecretName };
    const existing = await client.find(secrets, ref);
    if (existing !== undefined) return this.#keep(existing, ref);
    const states = await this.#due({});
    try {
      await client.create(secrets, {
        apiVersion: "v1",
        kind: "Secret",
        metadata: { namespace, name: caSecretName, labels: { [labels.managedBy]: managedByEbb } },
        type: "Opaque",
        data: encodeSecret(defined(toData(states))),
      });
      return toAuthorities(states);
    } catch (error) {
      if (!isConflict(error)) throw error;
      return this.#keep(await client.get(secrets, ref), ref);
    }
  }

  /** Writes what is due: the next authority, its turn to sign, and another in the place of one that cannot be used. */
  async #keep(existing: Secret, ref: Ref): Promise<Authorities> {
    const { client } = this.#deps;
    const data = decodeSecret(existing);
    const states = await this.#due(data);
    const wanted = toData(states);
    if (Object.entries(wanted).every(([key, value]) => data[key] === value)) return toAuthorities(states);
    if (!isOurs(existing))
      throw new Error(`Secret ${caSecretName} is not Ebb's and holds no authorities that can be used now`);
    const changed = { ...encodeSecret(defined(wanted)), ...removed(wanted) };
    const { resourceVersion } = existing.metadata;
    try {
      await client.merge(secrets, ref, { metadata: { resourceVersion }, data: changed });
      return toAuthorities(states);
    } catch (error) {
      if (!isConflict(error)) throw error;
      return this.#keep(await client.get(secrets, ref), ref);
    }
  }

  async #due(data: Data): Promise<States> {
    const now = this.#deps.clock.now();
    const [server, client] = await Promise.all([
      rotated(stateIn(data, "server"), "Ebb pool servers", now),
      rotated(stateIn(data, "client"), "Ebb operators", now),
    ]);
    return { server, client };
  }
}

type Data = Readonly<Record<string, string>>;
type Half = "server" | "client";
type States = Readonly<Record<Half, AuthorityState>>;

function toAuthorities({ server, client }: States): Authorities {
  return {
    server: server.current,
    client: client.current,
    serverTrust: bundleOf(server),
    clientTrust: bundleOf(client),
  };
}

function stateIn(data: Data, half: Half): Partial<AuthorityState> {
  const pair = (name: string): KeyPair | undefined => {
    const certificate = data[`${name}.crt`];
    return certificate === undefined ? undefined : { certificate, key: data[`${name}.key`] ?? "" };
  };
  const [current, next, former] = [
    pair(`${half}-ca`),
    pair(`${half}-ca-next`),
    data[`${half}-ca-former.crt`],
  ];
  return {
    ...(current === undefined ? {} : { current }),
    ...(next === undefined ? {} : { next }),
    ...(former === undefined ? {} : { former }),
  };
}

/** Of the Secret; undefined: not there. */
function toData(states: States): Record<string, string | undefined> {
  const ofHalf = (half: Half) => {
    const { current, next, former } = states[half];
    return {
      [`${half}-ca.crt`]: current.certificate,
      [`${half}-ca.key`]: current.key,
      [`${half}-ca-next.crt`]: next?.certificate,
      [`${half}-ca-next.key`]: next?.key,
      [`${half}-ca-former.crt`]: former,
    };
  };
  return { ...ofHalf("server"), ...ofHalf("client") };
}

function defined(data: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => (value === undefined ? [] : [[key, value] as const])),
  );
}

/** As a merge patch takes keys away. */
function removed(data: Readonly<Record<string, string | undefined>>): Record<string, null> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => (value === undefined ? [[key, null] as const] : [])),
  );
}
