/** What one token's 1,200 calls in five minutes are enough for. */
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { type BuiltModules, builtModules } from "../../../test/kit/built-modules.ts";
import { cloudflareEdges, specOf } from "../../../test/kit/cloudflare-edge.ts";
import {
  type FakeCloudflare,
  startFakeCloudflare,
} from "../../../test/kit/fake-cloudflare/fake-cloudflare.ts";
import { identityOf } from "../../../test/kit/identity-of.ts";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import { worker } from "../../../test/kit/workerd-world.ts";
import type { Artifact, Provider } from "../provider.ts";

const functions = Array.from({ length: 300 }, (_, index) => identityOf(`many-${index}`));
const list = "GET /workers/scripts";

let fake: FakeCloudflare;
let modules: BuiltModules;
let clock: ManualClock;
let provider: Provider;

beforeAll(async () => {
  [fake, modules] = await Promise.all([startFakeCloudflare(), builtModules("cloudflare")]);
});

afterAll(async () => {
  await Promise.all([fake.stop(), modules.remove()]);
});

beforeEach(() => {
  clock = new ManualClock();
  provider = cloudflareEdges(fake, modules, { clock }).provider(specOf(fake), "shop");
});

/** Cloudflare's clock goes with the operator's. */
async function pass(ms: number): Promise<void> {
  fake.aheadMs += ms;
  await clock.advance(ms);
}

/** Calls without lists, lists, refused calls and seconds that it took to publish artifact for every function. */
async function publishAll(artifact: Artifact) {
  const from = fake.calls.length;
  const begin = clock.now();
  for (const fn of functions)
    for (;;) {
      const outcome = await provider.publish(fn, artifact);
      if (outcome.done) break;
      await pass(outcome.after ?? 1000);
    }
  const calls = fake.calls.slice(from);
  const lists = calls.filter((call) => call === list).length;
  return { calls: calls.length - lists, lists, seconds: (clock.now() - begin) / 1000 };
}

it("publishes 300 functions, updates them, and watches them", async () => {
  const made = await publishAll(worker("one"));
  const updated = await publishAll(worker("two"));
  const from = fake.calls.length;
  const version = provider.version(worker("two"));
  const minutes = 10;
  for (let passes = 0; passes < minutes * 4; passes += 1) {
    await pass(15_000);
    for (const fn of functions) expect(await provider.observe(fn, version)).toEqual({ done: true });
  }
  const watched = fake.calls.slice(from);
  console.log(
    `calls: ${made.calls} (and ${made.lists} lists, ${made.seconds} s) for 300 functions, ${updated.calls} (and ${updated.lists} lists, ${updated.seconds} s) to update them, ${watched.length} to watch them for ${minutes} minutes`,
  );
  expect(fake.throttled).toEqual([]);
  expect([made.calls, updated.calls]).toEqual([600, 900]);
  expect(new Set(watched)).toEqual(new Set([list]));
  // One a minute, and one more at the edge.
  expect(watched.length).toBeLessThanOrEqual(minutes + 1);
});
