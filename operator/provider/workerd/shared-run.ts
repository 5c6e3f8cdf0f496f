/** One run a key at a time; calls that come during a run share the next one. */
export class SharedRun<T> {
  readonly #task: (key: string) => Promise<T>;
  readonly #running = new Map<string, Promise<T>>();
  readonly #next = new Map<string, Promise<T>>();

  constructor(task: (key: string) => Promise<T>) {
    this.#task = task;
  }

  /** Resolves after a run that began no earlier than this call. */
  run(key: string): Promise<T> {
    const waiting = this.#next.get(key);
    if (waiting !== undefined) return waiting;
    const running = this.#running.get(key);
    if (running === undefined) return this.#start(key);
    const next = running
      .catch(() => undefined)
      .then(() => {
        this.#next.delete(key);
        return this.#start(key);
      });
    this.#next.set(key, next);
    return next;
  }

  #start(key: string): Promise<T> {
    const run = this.#task(key).finally(() => this.#running.delete(key));
    this.#running.set(key, run);
    return run;
  }
}
