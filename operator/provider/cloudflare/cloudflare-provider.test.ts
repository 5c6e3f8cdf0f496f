import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { builtShims, cloudflareEdges, identityOf, specOf } from "../../../test/kit/cloudflare-edge.ts";
import { type FakeCloudflare, startFakeCloudflare } from "../../../test/kit/fake-cloudflare/fake-cloudflare.ts";
import { worker, workerOf } from "../../../test/kit/workerd-world.ts";
import type { FunctionIdentity } from "../../api/function-identity.ts";
import type { Outcome } from "../../api/outcome.ts";
import type { Artifact, Provider } from "../provider.ts";
import { scriptName, tagsOf } from "./names.ts";
import type { Shims } from "./shims.ts";

describe("the Cloudflare provider", () => {
  let fake: FakeCloudflare;
  let shims: Shims;
  let provider: Provider;
  let number = 0;
  let fn: FunctionIdentity;
  const fresh = (): Provider => cloudflareEdges(fake, shims).provider(specOf(fake), "shop");
  const callsOf = async (work: () => Promise<unknown>): Promise<string[]> => {
    const from = fake.calls.length;
    await work();
    return fake.calls.slice(from).map((call) => call.replaceAll(fn.key, "KEY").replace(/[0-9a-f-]{36}/, "ID"));
  };
  const body = async (headers: Record<string, string> = {}): Promise<string> => {
    const { host } = provider.upstream(fn, "");
    const answer = await request(`https://${host}/`, { dispatcher: fake.dispatcher, headers });
    return answer.body.text();
  };
  const published = async (artifact: Artifact): Promise<Outcome> =>
    expect.poll(() => provider.publish(fn, artifact)).toEqual({ done: true });

  beforeAll(async () => {
    [fake, shims] = await Promise.all([startFakeCloudflare(), builtShims()]);
  });

  afterAll(async () => {
    await fake.stop();
  });

  beforeEach(() => {
    fake.fault = undefined;
    fake.settleMs = 0;
    fn = identityOf(`f${number++}`);
    provider = fresh();
  });

  it("makes a function with two calls, and is asked no more", async () => {
    await fresh().publish(identityOf("any"), worker("any"));
    expect(await callsOf(() => published(worker("one")))).toEqual([
      "GET /workers/scripts",
      "PUT /workers/scripts/ebb-KEY?excludeScript=true",
      "POST /workers/scripts/ebb-KEY/subdomain",
    ]);
    expect(await body()).toBe("one");
    expect(await callsOf(() => published(worker("one")))).toEqual([]);
  });

  it("updates a function with three calls, the new version being seen at 0 % first", async () => {
    await published(worker("one"));
    expect(await callsOf(() => published(worker("two")))).toEqual([
      "POST /workers/scripts/ebb-KEY/versions",
      "POST /workers/scripts/ebb-KEY/deployments",
      "POST /workers/scripts/ebb-KEY/deployments",
    ]);
    expect(await body()).toBe("two");
    const shares = fake.account.scripts.get(scriptName(fn.key))?.deployments.map(({ versions }) => versions.map(({ percentage }) => percentage));
    expect(shares).toEqual([[100], [100, 0], [100]]);
  });
});
