/**
 * Loads that may kill the process. Each is written to the disk before it starts and taken off when it has
 * ended, so a version whose load has ended the process twice is known after the restart and left out.
 */
import type { Disk } from "./disk.ts";

const file = "loading.json";
const allowed = 2;

export class LoadAttempts {
  readonly #counts: Map<string, number>;

  private constructor(counts: Map<string, number>) {
    this.#counts = counts;
  }

  static async read(disk: Disk): Promise<LoadAttempts> {
    const stored = await disk.readJson(file);
    return new LoadAttempts(new Map(Object.entries((stored ?? {}) as Record<string, number>)));
  }

  areSpent(name: string): boolean {
    return (this.#counts.get(name) ?? 0) >= allowed;
  }

  async begin(disk: Disk, name: string): Promise<void> {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    await this.#write(disk);
  }

  async end(disk: Disk, name: string): Promise<void> {
    if (this.#counts.delete(name)) await this.#write(disk);
  }

  /** One more attempt for each of names whose attempts are spent. */
  async allowAgain(disk: Disk, names: readonly string[]): Promise<void> {
    const spent = names.filter((name) => this.areSpent(name));
    for (const name of spent) this.#counts.set(name, allowed - 1);
    if (spent.length > 0) await this.#write(disk);
  }

  async #write(disk: Disk): Promise<void> {
    await disk.writeJson(file, Object.fromEntries(this.#counts));
  }
}
