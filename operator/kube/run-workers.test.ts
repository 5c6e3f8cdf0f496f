import { pino } from "pino";
import { expect, test } from "vitest";
import { ManualClock, settle } from "../../test/kit/manual-clock.ts";
import { type Handler, type HandlerResult, runWorkers } from "./run-workers.ts";
import { WorkQueue } from "./work-queue.ts";

function setUp(handler: Handler, workers = 2) {
  const clock = new ManualClock();
  const queue = new WorkQueue({ clock });
  const stop = new AbortController();
  const fence = new AbortController();
  const results: HandlerResult[] = [];
  const running = runWorkers({
    queue,
    handler,
    workers,
    stop: stop.signal,
    fence: fence.signal,
    clock,
    log: pino({ level: "silent" }),
    hooks: { onEnd: (result) => results.push(result) },
  });
  return { clock, queue, stop, fence, results, running };
}

test("as many keys are worked on at once as there are workers", async () => {
  let busy = 0;
  let most = 0;
  const world = setUp(async () => {
    busy += 1;
    most = Math.max(most, busy);
    await world.clock.sleep(100);
    busy -= 1;
  }, 3);
  for (const key of ["a", "b", "c", "d", "e"]) world.queue.add(key);
  await world.clock.advance(1000);
  expect(most).toBe(3);
  expect(world.results).toEqual(Array(5).fill("success"));
  world.stop.abort();
  await world.running;
});

test("a handler that throws, at once or later, is called again after its backoff", async () => {
  const calls: string[] = [];
  const world = setUp((key) => {
    calls.push(key);
    if (calls.length === 1) throw new Error("at once");
    return calls.length === 2 ? Promise.reject(new Error("later")) : Promise.resolve();
  });
  world.queue.add("a");
  await world.clock.advance(0);
  expect(calls).toHaveLength(1);
  await world.clock.advance(5);
  expect(calls).toHaveLength(2);
  await world.clock.advance(9);
  expect(calls).toHaveLength(2);
  await world.clock.advance(1);
  expect(calls).toHaveLength(3);
  expect(world.results).toEqual(["error", "error", "success"]);
  expect(world.queue.retries("a")).toBe(0);
  world.stop.abort();
  await world.running;
});

test("a handler that asks for it is called again after that time", async () => {
  let calls = 0;
  const world = setUp(() => {
    calls += 1;
    return Promise.resolve(calls === 1 ? { after: 4000 } : undefined);
  });
  world.queue.add("a");
  await world.clock.advance(3999);
  expect(calls).toBe(1);
  await world.clock.advance(60_000);
  expect(calls).toBe(2);
  expect(world.results).toEqual(["requeue_after", "success"]);
  world.stop.abort();
  await world.running;
});

test("stop lets handlers finish and takes no further key", async () => {
  const finished: string[] = [];
  const world = setUp(async (key, signal) => {
    await world.clock.sleep(1000, signal);
    finished.push(key);
  }, 1);
  world.queue.add("a");
  world.queue.add("b");
  await settle();
  world.stop.abort();
  await world.clock.advance(1000);
  await world.running;
  expect(finished).toEqual(["a"]);
  expect(world.queue.depth).toBe(1);
});

test("the fence aborts what handlers do, and workers return", async () => {
  const world = setUp(async (_key, signal) => await world.clock.sleep(1_000_000, signal), 1);
  world.queue.add("a");
  world.queue.add("b");
  await settle();
  world.fence.abort(new Error("lease lost"));
  await world.running;
  expect(world.results).toEqual(["error"]);
  expect(world.queue.depth).toBe(1);
});

test("workers return when the queue is shut down and empty", async () => {
  const world = setUp(() => Promise.resolve());
  world.queue.add("a");
  await world.queue.shutDown();
  await world.running;
  expect(world.results).toEqual(["success"]);
});

test("a key that was taken in the moment of the end waits for the next term", async () => {
  const calls: string[] = [];
  const world = setUp((key) => {
    calls.push(key);
    return Promise.resolve();
  });
  world.queue.add("a");
  world.fence.abort(new Error("lease lost"));
  await world.running;
  expect(calls).toEqual([]);
  expect(world.queue.depth).toBe(1);
});
