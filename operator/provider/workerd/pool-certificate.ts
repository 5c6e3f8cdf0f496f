/** The certificate of one namespace's pool, in Secret `ebb-pool-tls`. */
import type { Clock } from "../../api/clock.ts";
import { labels, managedByEbb, poolTlsSecretName } from "../../api/v1alpha1/names.ts";
import { isConflict } from "../../kube/api-error.ts";
import type { KubeClient } from "../../kube/kube-client.ts";
import { secrets } from "../../kube/objects.ts";
import type { Secret } from "../../kube/objects.ts";
import type { OwnerReference } from "../../kube/resource.ts";
import { isOurs } from "../../kube/ours.ts";
import { fingerprint, isLeafOf, issueLeaf, needsRenewal } from "./certificates.ts";
import { NameTaken } from "./name-taken.ts";
import type { Authorities, PoolAuthority } from "./pool-authority.ts";
import { serverName } from "./pool-client.ts";
import { decodeSecret, encodeSecret } from "./secret-data.ts";

const serverLife = 90 * 86_400_000;

export interface PoolCertificateDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly authority: PoolAuthority;
}

/**
 * Makes or renews the Secret when that is due; gives the fingerprint of what the pods must run with. Throws NameTaken.
 * Keys: `tls.crt`, `tls.key`, and `client-ca.crt`: authorities whose leaves alone may push.
 */
export async function ensurePoolCertificate(
  deps: PoolCertificateDeps,
  namespace: string,
  owner: OwnerReference,
): Promise<string> {
  const { client } = deps;
  const authorities = await deps.authority.authorities();
  const ref = { namespace, name: poolTlsSecretName };
  const existing = await client.find(secrets, ref);
  if (existing !== undefined && !isOurs(existing)) throw new NameTaken("Secret", ref);
  if (existing !== undefined && (await isCurrent(existing, authorities, deps.clock.now(), owner))) {
    return fingerprintOf(existing);
  }
  const wanted = await newSecret(namespace, authorities, deps.clock.now(), owner);
  try {
    const written =
      existing === undefined
        ? await client.create(secrets, wanted)
        : await client.merge(secrets, ref, replacing(existing, wanted));
    return fingerprintOf(written);
  } catch (error) {
    if (!isConflict(error)) throw error;
    return fingerprintOf(await client.get(secrets, ref));
  }
}

async function isCurrent(
  secret: Secret,
  { server, clientTrust }: Authorities,
  now: number,
  owner: OwnerReference,
): Promise<boolean> {
  const data = decodeSecret(secret);
  const { "tls.crt": certificate = "", "tls.key": key = "" } = data;
  const owned = secret.metadata.ownerReferences?.some((reference) => reference.uid === owner.uid) ?? false;
  if (!owned || data["client-ca.crt"] !== clientTrust) return false;
  const name = serverName(secret.metadata.namespace ?? "");
  return !(await needsRenewal(certificate, server.certificate, now)) && isLeafOf(name, certificate, key);
}

async function newSecret(
  namespace: string,
  authorities: Authorities,
  now: number,
  owner: OwnerReference,
): Promise<Secret> {
  const names = [serverName(namespace)];
  const leaf = await issueLeaf(authorities.server, { names, usage: "serverAuth", life: serverLife }, now);
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      namespace,
      name: poolTlsSecretName,
      labels: { [labels.managedBy]: managedByEbb },
      ownerReferences: [owner],
    },
    type: "Opaque",
    data: encodeSecret({
      "tls.crt": leaf.certificate,
      "tls.key": leaf.key,
      "client-ca.crt": authorities.clientTrust,
    }),
  };
}

function replacing(existing: Secret, wanted: Secret): unknown {
  const { ownerReferences } = wanted.metadata;
  const { resourceVersion } = existing.metadata;
  return { metadata: { resourceVersion, ownerReferences }, data: wanted.data };
}

function fingerprintOf(secret: Secret): string {
  const data = decodeSecret(secret);
  return fingerprint(data["tls.crt"] ?? "", data["client-ca.crt"] ?? "");
}
