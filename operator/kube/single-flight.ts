/** Runs one job a key at a time; callers that come while one runs share the next run. */

export class SingleFlight<T> {
  readonly #job: (key: string) => Promise<T>;
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  constructor(job: (key: string) => Promise<T>) {
    this.#job = job;
  }

  /** The result of a run that began no earlier than this call. */
  run(key: string): Promise<T> {
    const next = this.#next.get(key);
    if (next !== undefined) return next;
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key);
    const begin = (): Promise<T> => {
      this.#next.delete(key);
      return this.#start(key);
    };
    const queued = running.then(begin, begin);
    this.#next.set(key, queued);
    return queued;
  }

  #start(key: string): Promise<T> {
    const run = this.#job(key).finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }
}
