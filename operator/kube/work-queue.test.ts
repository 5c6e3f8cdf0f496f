import * as fc from "fast-check";
import { expect, test } from "vitest";
import { ManualClock, settle } from "../../test/kit/manual-clock.ts";
import { type Priority, WorkQueue } from "./work-queue.ts";

function setUp() {
  const clock = new ManualClock();
  const depths: number[] = [];
  const waits: number[] = [];
  const hooks = {
    onDepth: (depth: number) => depths.push(depth),
    onWaited: (seconds: number) => waits.push(seconds),
  };
  return { clock, depths, waits, queue: new WorkQueue({ clock, hooks }) };
}

test("keys are handed out in the order they came, each once", async () => {
  const { queue } = setUp();
  for (const key of ["a", "b", "a", "c", "b"]) queue.add(key);
  expect(queue.depth).toBe(3);
  expect([await queue.take(), await queue.take(), await queue.take()]).toEqual(["a", "b", "c"]);
});

test("a key added while it is out is handed out once more, after its done", async () => {
  const { queue } = setUp();
  queue.add("a");
  await queue.take();
  queue.add("a");
  queue.add("a");
  queue.add("b");
  expect(await queue.take()).toBe("b");
  queue.done("a");
  expect(await queue.take()).toBe("a");
  queue.done("a");
  expect(queue.depth).toBe(0);
});

test("changes come before resyncs, and a change lifts a waiting resync", async () => {
  const { queue } = setUp();
  for (const key of ["r1", "r2", "r3"]) queue.add(key, "resync");
  queue.add("c1");
  queue.add("r3", "change");
  queue.add("c1", "resync");
  const taken = [];
  for (let count = 0; count < 4; count += 1) taken.push(await queue.take());
  expect(taken).toEqual(["c1", "r3", "r1", "r2"]);
});

test("a change that came while its key was out beats a resync that came too", async () => {
  const { queue } = setUp();
  queue.add("a");
  await queue.take();
  queue.add("a", "change");
  queue.add("a", "resync");
  queue.add("r", "resync");
  queue.done("a");
  expect(await queue.take()).toBe("a");
});

test("the earliest of several delays wins", async () => {
  const { queue, clock } = setUp();
  queue.addAfter("a", 5000);
  queue.addAfter("a", 2000);
  queue.addAfter("a", 9000);
  queue.addAfter("b", 3000);
  await clock.advance(1999);
  expect(queue.depth).toBe(0);
  await clock.advance(1);
  expect(queue.depth).toBe(1);
  await clock.advance(60_000);
  expect([await queue.take(), await queue.take()]).toEqual(["a", "b"]);
  expect(queue.depth).toBe(0);
});

test("retries of a key come after 5 ms, doubled each time up to a minute, until it is forgotten", async () => {
  const { queue, clock } = setUp();
  const delays: number[] = [];
  for (let retry = 0; retry < 16; retry += 1) {
    const start = clock.now();
    queue.addRateLimited("a");
    while (queue.depth === 0) await clock.advance(5);
    delays.push(clock.now() - start);
    await queue.take();
    queue.done("a");
  }
  expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(delays.slice(-2)).toEqual([60_000, 60_000]);
  expect(queue.retries("a")).toBe(16);
  queue.forget("a");
  queue.addRateLimited("a");
  await clock.advance(5);
  expect(queue.depth).toBe(1);
});

test("take waits for a key, and returns nothing when its signal aborts", async () => {
  const { queue } = setUp();
  const leave = new AbortController();
  const [left, served] = [queue.take(leave.signal), queue.take()];
  leave.abort();
  expect(await left).toBeUndefined();
  queue.add("a");
  expect(await served).toBe("a");
  expect(await queue.take(leave.signal)).toBeUndefined();
});

test("shutting down hands out what waits, drops delays and new keys, and ends when all is done", async () => {
  const { queue, clock } = setUp();
  queue.add("a");
  queue.add("b");
  queue.addAfter("late", 1000);
  expect(await queue.take()).toBe("a");
  let drained = false;
  const shutDown = (async () => {
    await queue.shutDown();
    drained = true;
  })();
  queue.add("c");
  queue.addAfter("d", 0);
  await clock.advance(5000);
  expect(await queue.take()).toBe("b");
  expect(await queue.take()).toBeUndefined();
  queue.done("a");
  await settle();
  expect(drained).toBe(false);
  queue.done("b");
  await shutDown;
});

test("a key added while it was out before the shutdown is still handed out", async () => {
  const { queue } = setUp();
  queue.add("a");
  await queue.take();
  queue.add("a");
  const shutDown = queue.shutDown();
  queue.done("a");
  expect(await queue.take()).toBe("a");
  queue.done("a");
  await shutDown;
});

test("shutting down releases the takers that wait", async () => {
  const { queue } = setUp();
  const waiting = [queue.take(), queue.take()];
  await queue.shutDown();
  expect(await Promise.all(waiting)).toEqual([undefined, undefined]);
});

test("done without take is a mistake", () => {
  expect(() => setUp().queue.done("a")).toThrow("a is not being worked on");
});

test("depth and waits are told", async () => {
  const { queue, clock, depths, waits } = setUp();
  queue.add("a");
  await clock.advance(1500);
  await queue.take();
  expect(depths).toEqual([1, 0]);
  expect(waits).toEqual([1.5]);
});

type Step =
  | { readonly do: "add"; readonly key: string; readonly priority: Priority }
  | { readonly do: "after"; readonly key: string; readonly ms: number }
  | { readonly do: "take" }
  | { readonly do: "finish"; readonly key: string; readonly failed: boolean }
  | { readonly do: "wait"; readonly ms: number };

/** What the queue promises, said the slow way. */
class Model {
  readonly ready = new Map<string, Priority>();
  readonly out = new Set<string>();
  readonly again = new Map<string, Priority>();
  readonly due = new Map<string, number>();
  readonly failures = new Map<string, number>();

  add(key: string, priority: Priority): void {
    const place = this.out.has(key) ? this.again : this.ready;
    if (place.get(key) !== "change") place.set(key, priority);
  }

  after(key: string, at: number): void {
    this.due.set(key, Math.min(at, this.due.get(key) ?? at));
  }

  arrive(now: number): void {
    for (const [key, at] of this.due) {
      if (at > now) continue;
      this.due.delete(key);
      this.add(key, "change");
    }
  }

  /** Whether key may be the next one. */
  take(key: string): boolean {
    const first = [...this.ready.values()].includes("change") ? "change" : "resync";
    const allowed = this.ready.get(key) === first;
    this.ready.delete(key);
    this.out.add(key);
    return allowed;
  }

  finish(key: string): void {
    this.out.delete(key);
    const priority = this.again.get(key);
    this.again.delete(key);
    if (priority !== undefined) this.add(key, priority);
  }
}

async function follow(steps: readonly Step[]): Promise<void> {
  const { queue, clock } = setUp();
  const model = new Model();
  const run = async (step: Step): Promise<void> => {
    switch (step.do) {
      case "add":
        queue.add(step.key, step.priority);
        return model.add(step.key, step.priority);
      case "after":
        queue.addAfter(step.key, step.ms);
        return model.after(step.key, clock.now() + step.ms);
      case "take":
        if (model.ready.size > 0) expect(model.take((await queue.take()) ?? "")).toBe(true);
        return;
      case "finish": {
        if (!model.out.has(step.key)) return;
        const failures = model.failures.get(step.key) ?? 0;
        model.failures.set(step.key, step.failed ? failures + 1 : 0);
        if (step.failed) queue.addRateLimited(step.key);
        else queue.forget(step.key);
        if (step.failed) model.after(step.key, clock.now() + 5 * 2 ** failures);
        queue.done(step.key);
        return model.finish(step.key);
      }
      case "wait":
        await clock.advance(step.ms);
        return model.arrive(clock.now());
    }
  };
  for (const step of steps) {
    await run(step);
    expect(queue.depth).toBe(model.ready.size);
  }
  await run({ do: "wait", ms: 120_000 });
  while (model.ready.size > 0) await run({ do: "take" });
  expect(queue.depth).toBe(0);
}

const key = fc.constantFrom("a", "b", "c");
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("add" as const),
    key,
    priority: fc.constantFrom("change" as const, "resync" as const),
  }),
  fc.record({ do: fc.constant("after" as const), key, ms: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("finish" as const), key, failed: fc.boolean() }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.nat(60) }),
);

test("any sequence of calls does what the model does", async () => {
  const property = fc.asyncProperty(fc.array(step, { maxLength: 60 }), follow);
  await fc.assert(property, { seed: 7, numRuns: 400, interruptAfterTimeLimit: 15_000 });
});

test("with any number of workers no key is worked on twice at once, and the last addition of each is worked on", async () => {
  const adds = fc.array(fc.record({ key, pause: fc.nat(3), work: fc.nat(4) }), { maxLength: 40 });
  const property = fc.asyncProperty(adds, fc.integer({ min: 1, max: 5 }), async (steps, workers) => {
    const { queue, clock } = setUp();
    const busy = new Set<string>();
    const lastAdded = new Map<string, number>();
    const lastStarted = new Map<string, number>();
    let time = 0;
    const worker = async (): Promise<void> => {
      for (let taken = await queue.take(); taken !== undefined; taken = await queue.take()) {
        expect(busy.has(taken)).toBe(false);
        busy.add(taken);
        time += 1;
        lastStarted.set(taken, time);
        await clock.sleep(steps[time % steps.length]?.work ?? 1);
        busy.delete(taken);
        queue.done(taken);
      }
    };
    const working = Array.from({ length: workers }, worker);
    for (const { key: added, pause } of steps) {
      time += 1;
      lastAdded.set(added, time);
      queue.add(added);
      await clock.advance(pause);
    }
    const shutDown = queue.shutDown();
    await clock.advance(1000);
    await Promise.all([shutDown, ...working]);
    for (const [added, at] of lastAdded) expect(lastStarted.get(added)).toBeGreaterThan(at);
  });
  await fc.assert(property, { seed: 9, numRuns: 200, interruptAfterTimeLimit: 15_000 });
});
