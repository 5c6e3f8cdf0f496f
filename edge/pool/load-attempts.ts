/**
 * Loads that may kill the process. Each is written to the disk before it starts and taken off when it has
 * ended, so a version whose load has ended the process twice is known after the restart and left out.
 */
import type { Disk } from "./disk.ts";

const file = "loading.json";
const allowed = 2;

interface Stored {
  readonly counts: Readonly<Record<string, number>>;
  /** What is being loaded. */
  readonly current?: string;
}

export class LoadAttempts {
  readonly #counts: Map<string, number>;
  #current: string | undefined;

  private constructor({ counts, current }: Stored) {
    this.#counts = new Map(Object.entries(counts));
    this.#current = current;
  }

  static async read(disk: Disk): Promise<LoadAttempts> {
    return new LoadAttempts(((await disk.readJson(file)) ?? { counts: {} }) as Stored);
  }

  /** Whether the former process ended while it loaded a module; of use before the first load alone. */
  get isBrokenOff(): boolean {
    return this.#current !== undefined;
  }

  areSpent(name: string): boolean {
    return (this.#counts.get(name) ?? 0) >= allowed;
  }

  async begin(disk: Disk, name: string): Promise<void> {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    this.#current = name;
    await this.#write(disk);
  }

  async end(disk: Disk, name: string): Promise<void> {
    this.#counts.delete(name);
    this.#current = undefined;
    await this.#write(disk);
  }

  /** One more attempt for each of names whose attempts are spent. */
  async allowAgain(disk: Disk, names: readonly string[]): Promise<void> {
    const spent = names.filter((name) => this.areSpent(name));
    for (const name of spent) this.#counts.set(name, allowed - 1);
    if (spent.length > 0) await this.#write(disk);
  }

  async #write(disk: Disk): Promise<void> {
    const counts = Object.fromEntries(this.#counts);
    await disk.writeJson(file, this.#current === undefined ? { counts } : { counts, current: this.#current });
  }
}
