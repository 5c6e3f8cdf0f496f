/** Whom the real engine trusts while the authorities of its certificates change. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bundleOf } from "../operator/provider/workerd/authority-rotation.ts";
import { PoolClient, PoolRequestFailed } from "../operator/provider/workerd/pool-client.ts";
import { createPoolTls } from "../test/kit/pool-tls.ts";
import type { PoolTls } from "../test/kit/pool-tls.ts";
import { startRealPool } from "../test/kit/real-pool.ts";
import type { RealPool } from "../test/kit/real-pool.ts";

const addresses = { before: "127.62.0.5", after: "127.62.0.6" };

describe("a pool while its authorities change", () => {
  const clients: PoolClient[] = [];
  const pools: RealPool[] = [];
  let former: PoolTls;
  let next: PoolTls;

  const operator = (tls: PoolTls, serverAuthority: string) => {
    const client = new PoolClient("shop", { serverAuthority, ...tls.client });
    clients.push(client);
    return client;
  };
  const start = async (address: string, { server }: PoolTls, certificate: string) => {
    pools.push(await startRealPool({ address, tls: { server, clientAuthority: { certificate } } }));
  };

  beforeEach(async () => {
    [former, next] = [await createPoolTls("shop"), await createPoolTls("shop")];
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
    for (const pool of pools.splice(0)) await pool.stop();
  });

  it("is reached by operators of before and after, with the pods of both", async () => {
    const trust = bundleOf({ current: former.clientAuthority, next: next.clientAuthority });
    const serverTrust = bundleOf({ current: former.serverAuthority, next: next.serverAuthority });
    await start(addresses.before, former, trust);
    await start(addresses.after, next, trust);
    for (const client of [operator(former, serverTrust), operator(next, serverTrust)])
      for (const address of Object.values(addresses))
        expect(await client.getManifest(address)).toMatchObject({ digest: "" });
  });

  it("refuses the operator of after while it trusts the former authority alone", async () => {
    await start(addresses.before, former, former.clientAuthority.certificate);
    const early = operator(next, former.serverAuthority.certificate);
    await expect(early.getManifest(addresses.before)).rejects.toThrow(PoolRequestFailed);
  });
});
