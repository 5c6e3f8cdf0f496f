/** Chooses one leader among the operator's replicas, by a Lease and client-go's rules. */
import type { Logger } from "pino";
import type { Clock } from "../api/clock.ts";
import { isConflict, isNotFound } from "./api-error.ts";
import type { KubeClient } from "./kube-client.ts";
import { heldSpec, isFree, microTime, type Sighting, sight } from "./lease-record.ts";
import { leases } from "./lease-objects.ts";
import type { OwnerReference } from "./resource.ts";

export type LeaseClient = Pick<KubeClient, "find" | "create" | "merge">;

export interface LeaderElectionOptions {
  /** Not fenced; its calls must take half of renewDeadlineMs at most, so that a second try is in time after a dead connection. */
  readonly client: LeaseClient;
  readonly namespace: string;
  readonly name: string;
  /** Of a Lease that is made: the garbage collector takes it with its owner. */
  readonly owner?: OwnerReference;
  /** Unlike that of any other replica; a restarted process may come back under its own. */
  readonly identity: string;
  readonly clock: Clock;
  /** Milliseconds that no step of the wall clock changes, such as performance.now; the clock's unless given. */
  readonly elapsed?: () => number;
  readonly log: Logger;
  /** How long others wait after the last renewal that they saw; 15 s unless given. */
  readonly leaseDurationMs?: number;
  /** How long the leader goes on without a renewal; less than leaseDurationMs; 10 s unless given. */
  readonly renewDeadlineMs?: number;
  /** 2 s unless given. */
  readonly retryPeriodMs?: number;
  readonly random?: () => number;
  readonly onChange?: (leading: boolean) => void;
}

export interface Candidacy {
  /** Ends the candidacy; a leader's lease is kept until onLeading has returned, then released. */
  readonly signal: AbortSignal;
  /**
   * Runs while leading; lead aborts with LeaseLost when the lease is lost or could not be renewed in time. It is to return
   * soon after lead or signal has aborted; when it returns by itself, the lease is released and run returns.
   */
  readonly onLeading: (lead: AbortSignal) => Promise<void>;
}

export class LeaseLost extends Error {
  constructor(why: string) {
    super(`the lease is lost: ${why}`);
    this.name = "LeaseLost";
  }
}

/**
 * Guarantees: lead aborts at the latest renewDeadlineMs after the last renewal was *sent*, and others wait leaseDurationMs
 * after they *saw* it, so leaders do not overlap unless a process is stopped for the difference of the two.
 * Errors: run rejects with what onLeading threw; an API server that does not answer is no error.
 */
export class LeaderElector {
  readonly #options: LeaderElectionOptions;
  readonly #durationMs: number;
  readonly #deadlineMs: number;
  readonly #retryMs: number;
  #seen: Sighting | undefined;
  readonly #elapsed: () => number;
  /** When our last successful write was sent, in elapsed milliseconds. */
  #renewedAt = 0;

  constructor(options: LeaderElectionOptions) {
    this.#options = options;
    this.#elapsed = options.elapsed ?? (() => options.clock.now());
    this.#durationMs = options.leaseDurationMs ?? 15_000;
    this.#deadlineMs = options.renewDeadlineMs ?? 10_000;
    this.#retryMs = options.retryPeriodMs ?? 2_000;
    if (this.#deadlineMs >= this.#durationMs || this.#retryMs >= this.#deadlineMs) {
      throw new RangeError("retryPeriodMs < renewDeadlineMs < leaseDurationMs does not hold");
    }
  }

  /** Identity of the holder that was seen last; undefined when there is none. */
  get holder(): string | undefined {
    return this.#seen?.lease.spec?.holderIdentity || undefined;
  }

  /** Stands until signal aborts or onLeading returns by itself; after a lost lease it stands again. */
  async run(candidacy: Candidacy): Promise<void> {
    while (await this.#acquire(candidacy.signal)) {
      const lost = await this.#lead(candidacy);
      if (!lost) return;
    }
  }

  /** False when signal aborts first. */
  async #acquire(signal: AbortSignal): Promise<boolean> {
    const { log, random = Math.random } = this.#options;
    while (!signal.aborted) {
      try {
        if (await this.#hold()) return true;
      } catch (error) {
        if (isConflict(error)) log.debug("another was faster");
        else log.warn({ err: error }, "the lease could not be asked for");
      }
      await this.#pause(this.#retryMs * (1 + random() * 1.2), signal);
    }
    return false;
  }

  /** Whether the lease was lost. */
  async #lead({ onLeading }: Candidacy): Promise<boolean> {
    const { log, onChange, identity } = this.#options;
    const lead = new AbortController();
    const ended = new AbortController();
    log.info({ identity }, "leading");
    onChange?.(true);
    const renewing = this.#renew(lead, ended.signal);
    let lost = false;
    try {
      await onLeading(lead.signal);
    } finally {
      ended.abort();
      await renewing;
      lost = lead.signal.aborted;
      lead.abort(new LeaseLost("it was released"));
      if (!lost) await this.#release();
      onChange?.(false);
      log.info({ identity, lost }, "not leading any more");
    }
    return lost;
  }

  /** Renews until ended aborts; aborts lead when that does not work out. */
  async #renew(lead: AbortController, ended: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.#renewedAt + this.#deadlineMs - this.#elapsed();
      await this.#pause(Math.min(this.#retryMs, left), ended);
      if (ended.aborted) return;
      const outcome = await this.#renewInTime();
      if (outcome === "held") continue;
      if (outcome === "other") lead.abort(new LeaseLost(`${this.holder ?? "nobody"} holds it`));
      else if (this.#isOverdue()) lead.abort(new LeaseLost("it could not be renewed in time"));
      if (lead.signal.aborted) return;
    }
  }

  async #renewInTime(): Promise<"held" | "other" | "failed"> {
    const { log } = this.#options;
    const over = new AbortController();
    const attempt = this.#hold().then(
      (held) => (held ? ("held" as const) : ("other" as const)),
      (error: unknown) => {
        log.warn({ err: error }, "the lease could not be renewed");
        return "failed" as const;
      },
    );
    const left = Math.max(0, this.#renewedAt + this.#deadlineMs - this.#elapsed());
    const tooLate = this.#pause(left, over.signal).then(() => "failed" as const);
    try {
      return await Promise.race([attempt, tooLate]);
    } finally {
      over.abort();
    }
  }

  #isOverdue(): boolean {
    return this.#elapsed() >= this.#renewedAt + this.#deadlineMs;
  }

  /** One try to become or stay the holder; false when another is. */
  async #hold(): Promise<boolean> {
    const { client, namespace, name, identity } = this.#options;
    const known = this.#seen?.lease;
    if (known?.spec?.holderIdentity === identity) {
      try {
        return await this.#write(known.metadata.resourceVersion);
      } catch (error) {
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
    }
    const lease = await client.find(leases, { namespace, name });
    if (lease === undefined) return await this.#create();
    this.#seen = sight(this.#seen, lease, this.#elapsed());
    if (!isFree(this.#seen, identity, this.#durationMs, this.#elapsed())) return false;
    return await this.#write(lease.metadata.resourceVersion);
  }

  async #write(resourceVersion: string | undefined): Promise<boolean> {
    const { client, namespace, name, identity, clock } = this.#options;
    const sent = this.#elapsed();
    const spec = heldSpec(this.#seen?.lease, identity, this.#durationMs, clock.now());
    const body = { metadata: { resourceVersion }, spec };
    const lease = await client.merge(leases, { namespace, name }, body);
    this.#seen = { lease, at: sent };
    this.#renewedAt = sent;
    return true;
  }

  async #create(): Promise<boolean> {
    const { client, namespace, name, owner, identity, clock } = this.#options;
    const sent = this.#elapsed();
    const spec = heldSpec(undefined, identity, this.#durationMs, clock.now());
    const lease = await client.create(leases, {
      metadata: { namespace, name, ...(owner && { ownerReferences: [owner] }) },
      spec,
    });
    this.#seen = { lease, at: sent };
    this.#renewedAt = sent;
    return true;
  }

  /** Lets others lead at once; a failure only makes them wait for the lease to run out. */
  async #release(): Promise<void> {
    const { client, namespace, name, clock, log } = this.#options;
    const time = microTime(clock.now());
    const { resourceVersion } = this.#seen?.lease.metadata ?? {};
    const spec = { holderIdentity: null, leaseDurationSeconds: 1, acquireTime: time, renewTime: time };
    try {
      const lease = await client.merge(leases, { namespace, name }, { metadata: { resourceVersion }, spec });
      this.#seen = { lease, at: this.#elapsed() };
    } catch (error) {
      log.warn({ err: error }, "the lease could not be released");
    }
  }

  /** Returns after ms, or when signal aborts. */
  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    try {
      await this.#options.clock.sleep(Math.max(0, ms), signal);
    } catch (reason) {
      if (!signal.aborted) throw reason;
    }
  }
}
