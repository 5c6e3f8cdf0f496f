/**
 * Whether the process has had the processor lately. One that is starved answers its probes too late and is killed though
 * no function is to blame; its event loop is seen to turn seldom before, that of a healthy process to the last.
 */

/** Milliseconds; beats come with the kubelet's probes, one a second. */
const longestGap = 1500;

export class Steadiness {
  readonly #now: () => number;
  #since = Infinity;
  #last = -Infinity;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** The event loop turns. */
  beat(): void {
    const now = this.#now();
    if (now - this.#last > longestGap) this.#since = now;
    this.#last = now;
  }

  /** Whether beats have come in time for so many milliseconds, and still do. */
  holdsFor(milliseconds: number): boolean {
    if (milliseconds === 0) return true;
    return this.#now() - this.#last <= longestGap && this.#last - this.#since >= milliseconds;
  }
}
