import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startFakePool } from "../../../test/kit/fake-pool.ts";
import type { FakePool } from "../../../test/kit/fake-pool.ts";
import { createPoolTls } from "../../../test/kit/pool-tls.ts";
import { workerOf } from "../../../test/kit/workerd-world.ts";
import { entryOf } from "../version-entry.ts";
import { PoolClient } from "./pool-client.ts";

const address = "127.63.3.1";

describe("a client whose term is over", () => {
  const over = new Error("the lease is lost");
  const slow = workerOf(
    "await new Promise((resolve) => setTimeout(resolve, 1500));\nexport default { fetch() {} };",
  );
  const quick = workerOf("export default { fetch() {} };");
  let pool: FakePool;
  let client: PoolClient;
  let term: AbortController;

  async function put(artifact: typeof slow): Promise<unknown> {
    await client.putArtifact(address, artifact.digest, await artifact.bytes());
    return client.putManifest(address, { functions: { "fn-a": { v1: entryOf(artifact) } } });
  }

  beforeEach(async () => {
    const tls = await createPoolTls("shop");
    term = new AbortController();
    pool = await startFakePool({ address, tls });
    client = new PoolClient(
      "shop",
      { serverAuthority: tls.serverAuthority.certificate, ...tls.client },
      term.signal,
    );
  });

  afterEach(async () => {
    await client.close();
    await pool.stop();
  });

  it("sends nothing any more", async () => {
    await client.getManifest(address);
    term.abort(over);
    await expect(put(quick)).rejects.toBe(over);
    await expect(client.getManifest(address)).rejects.toBe(over);
    expect(pool.loaded()).toEqual([]);
  });

  it("breaks off what is under way", async () => {
    const pushing = put(slow).catch((error: unknown) => error);
    await expect.poll(() => pool.artifacts()).toHaveLength(1);
    term.abort(over);
    expect(await pushing).toBe(over);
  });

  it("sends nothing when the term was over before it was made", async () => {
    term.abort(over);
    const tls = await createPoolTls("shop");
    const late = new PoolClient(
      "shop",
      { serverAuthority: tls.serverAuthority.certificate, ...tls.client },
      term.signal,
    );
    await expect(late.getManifest(address)).rejects.toBe(over);
    await late.close();
  });
});
