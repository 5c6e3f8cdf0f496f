/** Runs one job a name at a time; callers that come while one runs share the next run. */

export class SingleFlight<T> {
  readonly #run: (name: string) => Promise<T>;
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  constructor(run: (name: string) => Promise<T>) {
    this.#run = run;
  }

  /** The result of a run that started after this call. */
  request(name: string): Promise<T> {
    const next = this.#next.get(name);
    if (next !== undefined) return next;
    const running = this.#running.get(name);
    if (running === undefined) return this.#start(name);
    const queued = running.then(
      () => this.#start(name),
      () => this.#start(name),
    );
    this.#next.set(name, queued);
    return queued;
  }

  #start(name: string): Promise<T> {
    this.#next.delete(name);
    const run = this.#run(name).finally(() => {
      if (this.#running.get(name) === run) this.#running.delete(name);
    });
    this.#running.set(name, run);
    return run;
  }
}
