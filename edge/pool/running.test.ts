import { beforeEach, describe, expect, it } from "vitest";
import { MemoryDisk } from "../../test/kit/fake-pool/memory-disk.ts";
import { Disk } from "./disk.ts";
import type { Host } from "./host.ts";
import { Running } from "./running.ts";

const name = "fn-a/v1";

describe("what ran when the process was killed", () => {
  let now = 0;
  let host: Host;
  let running: Running;

  /** As the kubelet's probes, gap milliseconds apart. */
  const probe = async (times: number, gap: number) => {
    for (let time = 0; time < times; time += 1) {
      now += gap;
      await running.tick(host);
    }
  };
  /** Another process on the same disk. */
  const restart = async (isToBlame = true) => {
    running = new Running(() => now);
    await running.restore(host, isToBlame);
  };

  beforeEach(async () => {
    now = 1_000_000;
    const disk = new Disk(new MemoryDisk(), new MemoryDisk());
    host = {
      disk,
      steadySeconds: 5,
      keepAlive: (work: Promise<unknown>) => void work,
    } as Partial<Host> as Host;
    await restart();
  });

  it("is left out after two ends of a process that had the processor", async () => {
    for (let end = 1; end <= 2; end += 1) {
      expect(running.isStalled(name)).toBe(false);
      await probe(6, 1000);
      await running.enter(host, name);
      await restart();
    }
    expect(running.isStalled(name)).toBe(true);
  });

  it("is not when the processor was scarce", async () => {
    for (let end = 1; end <= 3; end += 1) {
      await probe(6, 2500);
      await running.enter(host, name);
      await restart();
    }
    expect(running.isStalled(name)).toBe(false);
  });

  it("is not when a process ended soon after its start", async () => {
    for (let end = 1; end <= 3; end += 1) {
      await probe(3, 1000);
      await running.enter(host, name);
      await restart();
    }
    expect(running.isStalled(name)).toBe(false);
  });

  it("is not when something else was to blame", async () => {
    for (let end = 1; end <= 3; end += 1) {
      await probe(6, 1000);
      await running.enter(host, name);
      await restart(false);
    }
    expect(running.isStalled(name)).toBe(false);
  });

  it("is not what has ended before the latest two probes", async () => {
    for (let end = 1; end <= 2; end += 1) {
      await probe(6, 1000);
      (await running.enter(host, name)).ended();
      await probe(2, 1000);
      await restart();
    }
    expect(running.isStalled(name)).toBe(false);
  });
});
