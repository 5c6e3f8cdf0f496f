/** Hosts that have asked to be left alone for a while are, whoever wants something of them. */
import type { Clock } from "../../api/clock.ts";
import { SourceUnavailable } from "../source-error.ts";

/** Milliseconds for which a host that says 429 and nothing more is left alone. */
const defaultMs = 10_000;

export class HostGates {
  readonly #clock: Clock;
  readonly #closedUntil = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Errors: SourceUnavailable while host is left alone. */
  pass(host: string): void {
    const now = this.#clock.now();
    for (const [other, until] of this.#closedUntil) if (until <= now) this.#closedUntil.delete(other);
    const until = this.#closedUntil.get(host);
    if (until !== undefined) throw tooMany(host, until - now);
  }

  /** Leaves host alone for ms. Returns the error that says so. */
  close(host: string, ms = defaultMs): SourceUnavailable {
    this.#closedUntil.set(host, this.#clock.now() + ms);
    return tooMany(host, ms);
  }
}

function tooMany(host: string, ms: number): SourceUnavailable {
  const message = `${host} takes no more requests for now (429); Ebb asks again when it may.`;
  return new SourceUnavailable(message, { retryAfter: ms });
}
