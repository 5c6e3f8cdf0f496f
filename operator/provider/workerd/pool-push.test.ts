import { beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../api/system-clock.ts";
import { createLog } from "../../telemetry/log.ts";
import { ArtifactCache } from "./artifact-cache.ts";
import { manifestDigest, namesOf } from "./manifest.ts";
import type { Manifest } from "./manifest.ts";
import { type PoolOrders, PoolRequestFailed } from "./pool-client.ts";
import type { PoolPod } from "./pool-pods.ts";
import { PoolPush } from "./pool-push.ts";
import type { PodConnection } from "./pool-push.ts";
import type { LoadState, PoolReport } from "./pool-report.ts";

const good = "fn-a/v1";
const deadly = "fn-x/v1";
const source = () => Promise.resolve(undefined);

/** Pods that lose their process when they load a deadly version, twice; then they report it. */
class Pods implements PodConnection {
  readonly deaths: string[] = [];
  /** What pods were told to load again. */
  readonly retries: string[] = [];
  readonly #manifests = new Map<string, Manifest>();
  readonly #down = new Set<string>();
  readonly #failing = new Set<string>();
  readonly #stalled = new Set<string>();

  /** As the kubelet does. */
  restart(): void {
    this.#down.clear();
  }

  /** name was running at two ends of the pod's process, or the pod was told so. */
  stall(address: string, name: string): void {
    this.#stalled.add(`${address}/${name}`);
  }

  stalled(address: string): string[] {
    return this.holds(address).filter((name) => this.#stalled.has(`${address}/${name}`));
  }

  /** The pod's process has ended twice while it loaded name. */
  fail(address: string, name: string): void {
    this.#failing.add(`${address}/${name}`);
  }

  holds(address: string): string[] {
    return namesOf(this.#manifests.get(address) ?? { functions: {} });
  }

  getManifest(address: string): Promise<PoolReport> {
    if (this.#down.has(address)) return Promise.reject(new PoolRequestFailed(`${address} is down`));
    return Promise.resolve(this.#report(address));
  }

  putManifest(
    address: string,
    manifest: Manifest,
    { retry = [], stalled = [] }: PoolOrders,
  ): Promise<PoolReport> {
    for (const name of stalled) this.stall(address, name);
    this.retries.push(...retry.map((name) => `${address}/${name}`));
    const isNew = namesOf(manifest).includes(deadly) && !this.holds(address).includes(deadly);
    if (isNew && this.#deathsOf(address) < 2) {
      this.deaths.push(address);
      this.#down.add(address);
      return Promise.reject(new PoolRequestFailed(`${address} closed the connection`));
    }
    this.#manifests.set(address, manifest);
    return this.getManifest(address);
  }

  getArtifact(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  putArtifact(): Promise<void> {
    return Promise.resolve();
  }

  #deathsOf(address: string): number {
    return this.deaths.filter((each) => each === address).length;
  }

  #report(address: string): PoolReport {
    const manifest = this.#manifests.get(address);
    const versions = this.holds(address).map((name): [string, LoadState] => [
      name,
      this.#stalled.has(`${address}/${name}`)
        ? { loaded: false, reason: "FunctionStalled", message: "twice" }
        : this.#loadState(address, name),
    ]);
    const digest = manifest === undefined ? "" : manifestDigest(manifest);
    return { digest, versions: new Map(versions), traps: new Map() };
  }

  #loadState(address: string, name: string): LoadState {
    return name === deadly || this.#failing.has(`${address}/${name}`)
      ? { loaded: false, reason: "LoadCrashed", message: "twice" }
      : { loaded: true };
  }
}

function manifestOf(...names: readonly string[]): Manifest {
  const entry = { abi: "Worker" as const, digest: "sha256:0", env: {} };
  return { functions: Object.fromEntries(names.map((name) => [name.split("/")[0] ?? "", { v1: entry }])) };
}

function pod(name: string): PoolPod {
  return { name, incarnation: name, address: name, isReady: true };
}

describe("a push of a module that kills its process", () => {
  const both = [pod("a"), pod("b")];
  let pods: Pods;
  let now = 0;
  let push: PoolPush;

  beforeEach(async () => {
    pods = new Pods();
    push = new PoolPush({
      namespace: "shop",
      artifacts: new ArtifactCache(),
      source,
      clock: { ...systemClock, now: () => now },
      log: createLog("silent"),
    });
    expect(await push.bring(pods, both, manifestOf(good))).toBeUndefined();
  });

  it("takes one pod at a time, and that one twice", async () => {
    await push.bring(pods, both, manifestOf(good, deadly));
    await push.bring(pods, both, manifestOf(good, deadly));
    expect(pods.deaths).toEqual(["a"]);
    for (let pass = 0; pass < 3; pass += 1) {
      pods.restart();
      await push.bring(pods, both, manifestOf(good, deadly));
    }
    expect(pods.deaths).toEqual(["a", "a"]);
    expect([pods.holds("a"), pods.holds("b")]).toEqual([[good, deadly], [good]]);
  });

  it("has nothing left to do once a pod has reported it", async () => {
    for (let pass = 0; pass < 3; pass += 1) {
      pods.restart();
      await push.bring(pods, both, manifestOf(good, deadly));
    }
    expect(await push.bring(pods, both, manifestOf(good, deadly))).toBeUndefined();
  });

  it("lets the other pods have new versions meanwhile", async () => {
    await push.bring(pods, both, manifestOf(good, deadly));
    const behind = await push.bring(pods, both, manifestOf(good, deadly, "fn-b/v1"));
    expect([behind?.name, pods.holds("b")]).toEqual(["a", [good, "fn-b/v1"]]);
  });

  it("is not what a version is that runs elsewhere: a pod that fails to load it takes it from no other", async () => {
    await push.bring(pods, both, manifestOf(good));
    pods.fail("b", good);
    await push.bring(pods, both, manifestOf(good, "fn-b/v1"));
    expect([pods.holds("a"), pods.holds("b")]).toEqual([
      [good, "fn-b/v1"],
      [good, "fn-b/v1"],
    ]);
  });

  it("is tried again every ten minutes on a pod that fails to load what others run", async () => {
    pods.fail("b", good);
    for (let minute = 0; minute < 15; minute += 1) {
      now += 60_000;
      await push.bring(pods, both, manifestOf(good));
    }
    expect(pods.retries).toEqual([`b/${good}`, `b/${good}`]);
  });

  it("runs on no pod what has stalled on one, also not on a pod that comes later", async () => {
    pods.stall("a", good);
    expect(await push.bring(pods, both, manifestOf(good))).toBeUndefined();
    expect(pods.stalled("b")).toEqual([good]);
    const later = [pod("b"), pod("c")];
    expect(await push.bring(pods, later, manifestOf(good, "fn-b/v1"))).toBeUndefined();
    expect(pods.stalled("c")).toEqual([good]);
  });

  it("tries another pod when the first is gone", async () => {
    await push.bring(pods, both, manifestOf(good, deadly));
    await push.bring(pods, [pod("b"), pod("c")], manifestOf(good, deadly));
    expect(pods.deaths).toEqual(["a", "b"]);
  });
});

describe("a push of a version with values from Secrets", () => {
  const both = [pod("a"), pod("b")];
  const name = "fn-secret/v1";
  const entry = { abi: "Worker" as const, digest: "sha256:0", env: {}, secrets: { TOKEN: "keys/token@1" } };
  const manifest = { functions: { ...manifestOf(good).functions, "fn-secret": { v1: entry } } };
  let pods: Pods;
  let push: PoolPush;

  beforeEach(() => {
    pods = new Pods();
    const [artifacts, log] = [new ArtifactCache(), createLog("silent")];
    push = new PoolPush({ namespace: "shop", artifacts, source, clock: systemClock, log });
  });

  it("waits until they are at hand, which keeps nothing else waiting", async () => {
    expect(await push.bring(pods, both, manifest)).toBeUndefined();
    expect([pods.holds("a"), pods.holds("b")]).toEqual([[good], [good]]);
    await push.bring(pods, both, manifest, { [name]: { TOKEN: "one" } });
    expect(pods.holds("b")).toEqual([good, name]);
  });

  it("takes it from no pod that has them when they are lost", async () => {
    await push.bring(pods, [pod("a")], manifest, { [name]: { TOKEN: "one" } });
    expect(await push.bring(pods, both, manifest)).toBeUndefined();
    expect([pods.holds("a"), pods.holds("b")]).toEqual([[good, name], [good]]);
  });
});
