/** One read of a key at a time: those who come while it is under way share what it finds. */
export class SharedReads<T> {
  readonly #running = new Map<string, Promise<T | undefined>>();

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
      const running = this.#running.get(key);
      if (running === undefined) return this.#start(key, ask);
      try {
        if ((await running) === undefined) return known();
      } catch (error) {
        if (hasFailed) throw error;
        hasFailed = true;
      }
    }
  }

  #start(key: string, ask: () => Promise<T | undefined>): Promise<T | undefined> {
    const run = ask().finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }
}
