import { beforeEach, expect, it } from "vitest";
import { ManualClock } from "../../../test/kit/manual-clock.ts";
import { PoolRequestFailed } from "./pool-client.ts";
import type { PoolPod } from "./pool-pods.ts";
import type { PoolReport } from "./pool-report.ts";
import { TrapWatch } from "./trap-watch.ts";
import type { TrappedModule } from "./trap-watch.ts";

const podOf = (name: string, start = 0): PoolPod => ({
  name,
  incarnation: `${name}/${start}`,
  address: name,
  isReady: true,
});

let clock: ManualClock;
let watch: TrapWatch;
let told: TrappedModule[];
let asked: string[];
/** Failures by pod, then by version. */
let counts: Record<string, Record<string, number>>;
let ageMs: number;
let isSilent: boolean;

const client = {
  getTrap: (address: string, name: string) => {
    asked.push(`${address} ${name}`);
    if (isSilent) return Promise.reject(new PoolRequestFailed("silent"));
    const count = counts[address]?.[name] ?? 0;
    return Promise.resolve({ count, ageMs, message: "unreachable", stderr: `from ${address}` });
  },
};

function reportOf({ address }: PoolPod): PoolReport {
  const traps = new Map(Object.entries(counts[address] ?? {}));
  return { digest: "", versions: new Map(), traps };
}

function look(...pods: readonly PoolPod[]): Promise<void> {
  return watch.look(client, pods, reportOf);
}

beforeEach(() => {
  clock = new ManualClock();
  [told, asked, counts, ageMs, isSilent] = [[], [], {}, 10, false];
  const tell = (trapped: TrappedModule) => {
    told.push(trapped);
    return Promise.resolve();
  };
  watch = new TrapWatch({ clock, tell });
});

it("tells of a failure once, and asks nothing while there is no other", async () => {
  await look(podOf("a"));
  counts = { a: { "fn-1/v1": 3 } };
  await look(podOf("a"));
  await clock.advance(120_000);
  await look(podOf("a"));
  const trapped = { key: "fn-1", version: "v1", pod: "a", times: 3 };
  expect(told).toEqual([{ ...trapped, message: "unreachable", stderr: "from a" }]);
  expect(asked).toEqual(["a fn-1/v1"]);
});

it("tells of one function once a minute, and of what came in that minute after it", async () => {
  await look(podOf("a"), podOf("b"));
  counts = { a: { "fn-1/v1": 1 }, b: { "fn-1/v2": 1, "fn-2/v1": 1 } };
  await look(podOf("a"), podOf("b"));
  expect(told.map(({ pod, key }) => `${pod} ${key}`)).toEqual(["a fn-1", "b fn-2"]);
  counts = { ...counts, a: { "fn-1/v1": 5 } };
  await clock.advance(59_000);
  await look(podOf("a"), podOf("b"));
  expect(told).toHaveLength(2);
  ageMs = 59_000;
  await clock.advance(1000);
  await look(podOf("a"), podOf("b"));
  await clock.advance(60_000);
  ageMs = 119_000;
  await look(podOf("a"), podOf("b"));
  expect(told.slice(2)).toMatchObject([
    { pod: "a", version: "v1", times: 4 },
    { pod: "b", version: "v2", times: 1 },
  ]);
});

it("leaves out what is old when it sees a pod for the first time", async () => {
  counts = { a: { "fn-1/v1": 7 } };
  ageMs = 60_001;
  await look(podOf("a"));
  ageMs = 10;
  counts = { a: { "fn-1/v1": 8 } };
  await look(podOf("a"));
  expect(told).toMatchObject([{ times: 1 }]);
});

it("counts anew when the pod's process has started again", async () => {
  await look(podOf("a"));
  counts = { a: { "fn-1/v1": 2 } };
  await look(podOf("a"));
  await clock.advance(60_000);
  counts = { a: { "fn-1/v1": 1 } };
  await look(podOf("a", 1));
  expect(told.map(({ times }) => times)).toEqual([2, 1]);
});

it("asks again after a pod that did not answer", async () => {
  await look(podOf("a"));
  counts = { a: { "fn-1/v1": 2 } };
  isSilent = true;
  await look(podOf("a"));
  isSilent = false;
  await look(podOf("a"));
  expect(told).toMatchObject([{ times: 2 }]);
});
