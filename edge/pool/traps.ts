/** How versions failed, for the operator to ask for: the latest failure of each, and how many there were. */

export interface Trap {
  /** What ended the module. */
  readonly message: string;
  /** The beginning of what it had written to standard error; empty for a Worker. */
  readonly stderr: string;
}

interface Noted extends Trap {
  readonly count: number;
  readonly at: number;
}

/** Set by the shim of a command on its answer: a Trap as JSON, percent-encoded. It goes no further than the router. */
export const trapHeader = "x-ebb-trap";

export function encodeTrap(trap: Trap): string {
  return encodeURIComponent(JSON.stringify(trap));
}

export function decodeTrap(header: string): Trap {
  return JSON.parse(decodeURIComponent(header)) as Trap;
}

export class Traps {
  readonly #now: () => number;
  readonly #traps = new Map<string, Noted>();

  constructor(now: () => number) {
    this.#now = now;
  }

  note(name: string, trap: Trap): void {
    const count = (this.#traps.get(name)?.count ?? 0) + 1;
    this.#traps.set(name, { ...trap, count, at: this.#now() });
  }

  /** Of the versions that have failed, since the process started. */
  counts(): Readonly<Record<string, number>> {
    return Object.fromEntries(Array.from(this.#traps, ([name, { count }]) => [name, count]));
  }

  /** The latest; ageMs is how long ago. Undefined for a version that has not failed. */
  latest(name: string): (Trap & { readonly count: number; readonly ageMs: number }) | undefined {
    const trap = this.#traps.get(name);
    if (trap === undefined) return undefined;
    const { at, ...rest } = trap;
    return { ...rest, ageMs: this.#now() - at };
  }

  keepOnly(named: { has(name: string): boolean }): void {
    for (const name of this.#traps.keys()) if (!named.has(name)) this.#traps.delete(name);
  }
}
