/** Hosts that have asked to be left alone for a while are, whoever wants something of them; so are those that do not answer. */
import type { Clock } from "../../api/clock.ts";
import { SourceUnavailable } from "../source-error.ts";

interface Gate {
  readonly until: number;
  readonly message: string;
}

export class HostGates {
  readonly #clock: Clock;
  readonly #closed = new Map<string, Gate>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Errors: SourceUnavailable, with the message of who closed it, while host is left alone. */
  pass(host: string): void {
    const now = this.#clock.now();
    for (const [other, { until }] of this.#closed) if (until <= now) this.#closed.delete(other);
    const gate = this.#closed.get(host);
    if (gate !== undefined) throw new SourceUnavailable(gate.message, { retryAfter: gate.until - now });
  }

  /** Leaves host alone for ms. */
  close(host: string, ms: number, message: string): void {
    this.#closed.set(host, { until: this.#clock.now() + ms, message });
  }
}
