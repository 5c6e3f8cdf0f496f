/** One run of a key at a time: those who come while it is under way share what becomes of it. */
export class SharedRuns<T> {
  readonly #running = new Map<string, Promise<T>>();

  /** The run that is under way. */
  underWay(key: string): Promise<T> | undefined {
    return this.#running.get(key);
  }

  /** Joins the run that is under way, or begins one. */
  run(key: string, work: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const run = work().finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }
}
