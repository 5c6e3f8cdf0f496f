/** Electors against a Lease in memory, on a clock that the test moves. */
import { pino } from "pino";
import { expect, test } from "vitest";
import { LeaseServer, lineTo } from "../../test/kit/lease-server.ts";
import { ManualClock, settle } from "../../test/kit/manual-clock.ts";
import { LeaderElector, LeaseLost } from "./leader-election.ts";

function candidate(server: LeaseServer, clock: ManualClock, identity: string, skew = { ms: 0 }) {
  const { line, client } = lineTo(server);
  const stop = new AbortController();
  const terms: AbortSignal[] = [];
  const changes: boolean[] = [];
  const skewed = { now: () => clock.now() + skew.ms, sleep: clock.sleep.bind(clock) };
  const elector = new LeaderElector({
    client,
    namespace: "ebb-system",
    name: "ebb-operator",
    identity,
    clock: skewed,
    elapsed: () => clock.now(),
    log: pino({ level: "silent" }),
    random: () => 0,
    onChange: (leading) => changes.push(leading),
  });
  const onLeading = async (lead: AbortSignal): Promise<void> => {
    terms.push(lead);
    const { promise, resolve } = Promise.withResolvers<void>();
    for (const signal of [lead, stop.signal]) signal.addEventListener("abort", () => resolve());
    await promise;
  };
  return {
    line,
    elector,
    stop,
    terms,
    changes,
    leads: () => changes.at(-1) ?? false,
    run: (work = onLeading) => elector.run({ signal: stop.signal, onLeading: work }),
  };
}

test("the first candidate makes the Lease and leads, the second stands by", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const [one, two] = [candidate(server, clock, "one"), candidate(server, clock, "two")];
  const runs = [one.run(), two.run()];
  await clock.advance(60_000);
  expect([one.leads(), two.leads()]).toEqual([true, false]);
  expect(server.lease?.spec).toMatchObject({
    holderIdentity: "one",
    leaseDurationSeconds: 15,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  });
  expect(two.elector.holder).toBe("one");
  expect(two.line.writes).toBe(0);
  one.stop.abort();
  two.stop.abort();
  await Promise.all(runs);
});

test("a graceful stop releases the Lease after the work has ended, and the other leads at its next try", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const [one, two] = [candidate(server, clock, "one"), candidate(server, clock, "two")];
  const work = Promise.withResolvers<void>();
  let fenced: boolean | undefined;
  const first = one.run(async (lead) => {
    await work.promise;
    fenced = lead.aborted;
  });
  await settle();
  const second = two.run();
  await clock.advance(5000);
  one.stop.abort();
  await clock.advance(30_000);
  expect([server.lease?.spec?.holderIdentity, two.leads()]).toEqual(["one", false]);
  work.resolve();
  await first;
  expect(fenced).toBe(false);
  expect(server.lease?.spec?.holderIdentity).toBeUndefined();
  await clock.advance(2000);
  expect(two.leads()).toBe(true);
  expect(server.lease?.spec?.leaseTransitions).toBe(1);
  two.stop.abort();
  await second;
});

test.each(["refuse", "hang"] as const)(
  "a leader whose renewals the server does not take (%s) stops before another leads",
  async (fault) => {
    const [server, clock] = [new LeaseServer(), new ManualClock()];
    const [one, two] = [candidate(server, clock, "one"), candidate(server, clock, "two")];
    const runs = [one.run(), two.run()];
    await clock.advance(20_000);
    one.line.fault = fault;
    let together = 0;
    let lostAt = 0;
    let takenAt = 0;
    for (let ms = 0; ms < 40_000; ms += 100) {
      await clock.advance(100);
      if (one.leads() && two.leads()) together += 1;
      if (!one.leads() && lostAt === 0) lostAt = ms;
      if (two.leads() && takenAt === 0) takenAt = ms;
    }
    expect(together).toBe(0);
    expect(one.terms[0]?.reason).toBeInstanceOf(LeaseLost);
    expect(lostAt).toBeLessThanOrEqual(10_000);
    expect(takenAt).toBeGreaterThan(lostAt + 3000);
    expect(takenAt).toBeLessThanOrEqual(18_000);
    for (const each of [one, two]) each.stop.abort();
    one.line.fault = undefined;
    await runs[1];
  },
);

test("clocks of other machines do not matter", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const one = candidate(server, clock, "one");
  const ahead = candidate(server, clock, "ahead", { ms: 86_400_000 });
  const behind = candidate(server, clock, "behind", { ms: -86_400_000 });
  const runs = [one.run()];
  await clock.advance(0);
  runs.push(ahead.run(), behind.run());
  await clock.advance(120_000);
  expect([one.leads(), ahead.leads(), behind.leads()]).toEqual([true, false, false]);
  for (const each of [one, ahead, behind]) each.stop.abort();
  await Promise.all(runs);
});

test("a wall clock that is set back does not prolong the term", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const skew = { ms: 0 };
  const one = candidate(server, clock, "one", skew);
  const run = one.run();
  await clock.advance(20_000);
  one.line.fault = "refuse";
  skew.ms = -3_600_000;
  await clock.advance(10_000);
  expect(one.leads()).toBe(false);
  one.stop.abort();
  await run;
});

test("a Lease that another holds is awaited for its own duration from when it was first seen", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  server.write({
    holderIdentity: "dead",
    leaseDurationSeconds: 40,
    renewTime: "2001-01-01T00:00:00.000000Z",
  });
  const one = candidate(server, clock, "one");
  const run = one.run();
  await clock.advance(40_000);
  expect(one.leads()).toBe(false);
  await clock.advance(2001);
  expect(one.leads()).toBe(true);
  one.stop.abort();
  await run;
});

test("a restarted process takes up its own Lease at once", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  server.write({
    holderIdentity: "one",
    leaseDurationSeconds: 15,
    leaseTransitions: 4,
    acquireTime: "2025-01-01T00:00:00.000000Z",
  });
  const one = candidate(server, clock, "one");
  const run = one.run();
  await clock.advance(0);
  expect(one.leads()).toBe(true);
  expect(server.lease?.spec).toMatchObject({
    leaseTransitions: 4,
    acquireTime: "2025-01-01T00:00:00.000000Z",
  });
  one.stop.abort();
  await run;
});

test("a leader that sees another holder stops at once, does not release, and stands again", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const one = candidate(server, clock, "one");
  const run = one.run();
  await clock.advance(3000);
  server.write({ holderIdentity: "thief", leaseDurationSeconds: 15 });
  await clock.advance(2000);
  expect(one.terms[0]?.reason).toMatchObject({ message: "the lease is lost: thief holds it" });
  expect(server.lease?.spec?.holderIdentity).toBe("thief");
  await clock.advance(18_000);
  expect(one.changes).toEqual([true, false, true]);
  one.stop.abort();
  await run;
});

test("a change of the Lease that leaves the holder is no loss", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const one = candidate(server, clock, "one");
  const run = one.run();
  await clock.advance(3000);
  server.write({ ...server.lease?.spec });
  await clock.advance(20_000);
  expect(one.changes).toEqual([true]);
  one.stop.abort();
  await run;
});

test("a Lease that was deleted is made again by the leader", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const one = candidate(server, clock, "one");
  const run = one.run();
  await clock.advance(3000);
  server.lease = undefined;
  await clock.advance(3000);
  expect(one.changes).toEqual([true]);
  expect(server.lease).toMatchObject({ spec: { holderIdentity: "one" } });
  one.stop.abort();
  await run;
});

test("an error of the work ends the candidacy with it and releases the Lease", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  const one = candidate(server, clock, "one");
  await expect(one.run(() => Promise.reject(new Error("work failed")))).rejects.toThrow("work failed");
  expect(server.lease).toBeDefined();
  expect(server.lease?.spec?.holderIdentity).toBeUndefined();
  expect(one.changes).toEqual([true, false]);
});

test("standing ends when it is stopped while another leads", async () => {
  const [server, clock] = [new LeaseServer(), new ManualClock()];
  server.write({ holderIdentity: "other", leaseDurationSeconds: 15 });
  const one = candidate(server, clock, "one");
  const run = one.run();
  await clock.advance(5000);
  one.stop.abort();
  await run;
  expect(one.changes).toEqual([]);
});

test("durations that cannot keep leaders apart are refused", () => {
  const { client } = lineTo(new LeaseServer());
  const options = {
    client,
    namespace: "n",
    name: "l",
    identity: "i",
    clock: new ManualClock(),
    log: pino({ level: "silent" }),
  };
  expect(() => new LeaderElector({ ...options, renewDeadlineMs: 15_000 })).toThrow(RangeError);
  expect(() => new LeaderElector({ ...options, retryPeriodMs: 10_000 })).toThrow(RangeError);
});
