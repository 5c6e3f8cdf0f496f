/** Certificates of one pool and of the operator that pushes to it, as Ebb itself would make them. */
import { createAuthority, issueLeaf } from "../../operator/provider/workerd/certificates.ts";
import type { KeyPair } from "../../operator/provider/workerd/certificates.ts";

export interface PoolTls {
  /** Name in the pool's certificate. */
  readonly serverName: string;
  readonly serverAuthority: KeyPair;
  readonly clientAuthority: KeyPair;
  readonly server: KeyPair;
  readonly client: KeyPair;
}

export async function createPoolTls(namespace: string, now: number = Date.now()): Promise<PoolTls> {
  const [serverAuthority, clientAuthority] = await Promise.all([
    createAuthority("server", now),
    createAuthority("client", now),
  ]);
  const serverName = `ebb-pool.${namespace}.svc`;
  const life = 3_600_000;
  const server = await issueLeaf(serverAuthority, { names: [serverName], usage: "serverAuth", life }, now);
  const client = await issueLeaf(
    clientAuthority,
    { names: ["ebb-operator"], usage: "clientAuth", life },
    now,
  );
  return { serverName, serverAuthority, clientAuthority, server, client };
}
