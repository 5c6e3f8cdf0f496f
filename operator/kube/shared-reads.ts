import { SharedRuns } from "./shared-runs.ts";

/** One read of a key at a time: those who come while it is under way share what it finds, if that is new enough for them. */
export class SharedReads<T> {
  readonly #runs = new SharedRuns<T | undefined>();

  /**
   * What known gives, or else what ask finds. A read that began before this call will do when known has it afterwards, or
   * when it found nothing; one that failed will not. Errors: those of ask, also of one that another caller has begun since.
   */
  async read(
    key: string,
    known: () => T | undefined,
    ask: () => Promise<T | undefined>,
  ): Promise<T | undefined> {
    for (let hasFailed = false; ; ) {
      const found = known();
      if (found !== undefined) return found;
      const running = this.#runs.underWay(key);
      if (running === undefined) return this.#runs.run(key, ask);
      try {
        if ((await running) === undefined) return known();
      } catch (error) {
        if (hasFailed) throw error;
        hasFailed = true;
      }
    }
  }
}
