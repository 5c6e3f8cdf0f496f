/**
 * Which versions may be running, kept on the disk so that it is known after the process was killed, and what followed
 * from that: versions that are suspected, and versions that are not run any more.
 */
import type { Host } from "./host.ts";
import { Serial } from "./serial.ts";
import { Steadiness } from "./steadiness.ts";
import { Turns } from "./turns.ts";
import { judge } from "./verdict.ts";
import type { Evidence } from "./verdict.ts";

const file = "running.json";
/** Milliseconds after which a call that gives no sign of life is taken to be gone with its caller. */
const silence = 20_000;

/** One call of a version. */
export interface Visit {
  /** The call goes on; to be called every few seconds while it does. */
  goesOn(): void;
  /** The version has answered; its body may still follow. */
  answered(): void;
  /** Nothing of the call is left. */
  ended(): void;
}

interface Stored extends Evidence {
  /** The process had the processor when this was written. */
  readonly isSteady: boolean;
  readonly stalled: readonly string[];
}

interface Call {
  readonly name: string;
  seen: number;
}

/**
 * Guarantees: a version is on the disk before it is called. Caveats: one that is called again within about two seconds
 * of its last call costs no write, so that what is on the disk may have ended by then; the calls of suspected versions
 * are told apart exactly, one version at a time. An end counts only when the process had the processor before.
 */
export class Running {
  readonly #now: () => number;
  readonly #turns: Turns;
  readonly #steadiness: Steadiness;
  readonly #writes = new Serial();
  readonly #calls = new Set<Call>();
  readonly #called = new Set<string>();
  readonly #fresh = new Set<string>();
  readonly #waiting = new Set<string>();
  readonly #suspects = new Map<string, number>();
  readonly #stalled = new Set<string>();
  /** Of fresh, those that the disk has. */
  readonly #written = new Set<string>();
  /** As on the disk. */
  #isSteady = false;
  #change = 0;
  #writtenChange = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.#turns = new Turns(now);
    this.#steadiness = new Steadiness(now);
  }

  /** Reads what the former process left; isToBlame: its end was not about something else. */
  async restore(host: Host, isToBlame: boolean): Promise<void> {
    const stored = (await host.disk.readJson(file)) as Stored | undefined;
    if (stored === undefined) return;
    const { fresh, waiting } = isToBlame && stored.isSteady ? stored : { fresh: [], waiting: [] };
    const { convicted, suspects } = judge({ fresh, waiting, suspects: stored.suspects }, this.#now());
    for (const [name, since] of Object.entries(suspects)) this.#suspects.set(name, since);
    for (const name of [...stored.stalled, ...convicted]) this.#stalled.add(name);
    for (const name of convicted)
      console.error(`${name}: is not run any more: it was running at two ends of the process`);
    await this.#save(host);
  }

  isStalled(name: string): boolean {
    return this.#stalled.has(name);
  }

  /** Tells that another process has found names stalled. */
  async condemn(host: Host, names: readonly string[]): Promise<void> {
    for (const name of names) this.#stalled.add(name);
    if (names.length > 0) await this.#save(host);
  }

  /** Nothing is held against any version but the named. */
  async keepOnly(host: Host, named: { has(name: string): boolean }): Promise<void> {
    const gone = [...this.#stalled, ...this.#suspects.keys()].filter((name) => !named.has(name));
    for (const name of gone) {
      this.#stalled.delete(name);
      this.#suspects.delete(name);
    }
    if (gone.length > 0) await this.#save(host);
  }

  /** Resolves when name may be called. */
  async enter(host: Host, name: string): Promise<Visit> {
    const call: Call = { name, seen: this.#now() };
    this.#calls.add(call);
    const leave = this.#suspects.has(name) ? await this.#takeTurn(host, name) : () => undefined;
    this.#called.add(name);
    this.#waiting.delete(name);
    this.#fresh.add(name);
    if (!this.#written.has(name)) await this.#save(host);
    const answered = once(leave);
    return {
      goesOn: () => void (call.seen = this.#now()),
      answered,
      ended: () => {
        this.#calls.delete(call);
        answered();
      },
    };
  }

  /** To be called about once a second: what has not been called since the last time runs no more, or only waits. */
  async tick(host: Host): Promise<void> {
    const now = this.#now();
    this.#steadiness.beat();
    for (const call of this.#calls) if (now - call.seen > silence) this.#calls.delete(call);
    const still = new Set(Array.from(this.#calls, ({ name }) => name));
    const ended = [...this.#waiting].filter((name) => !still.has(name));
    const quiet = [...this.#fresh].filter((name) => !this.#called.has(name));
    for (const name of ended) this.#waiting.delete(name);
    for (const name of quiet) this.#quieten(name, still.has(name));
    this.#called.clear();
    const isOther = this.#steadiness.holdsFor(host.steadySeconds * 1000) !== this.#isSteady;
    if (isOther || ended.length + quiet.length > 0) await this.#save(host);
  }

  async #takeTurn(host: Host, name: string): Promise<() => void> {
    const leave = await this.#turns.take(name);
    for (const other of this.#fresh)
      if (other !== name && this.#suspects.has(other)) this.#quieten(other, this.#isCalled(other));
    return () => {
      if (!leave()) return;
      this.#quieten(name, this.#isCalled(name));
      host.keepAlive(this.#save(host));
    };
  }

  #isCalled(name: string): boolean {
    return [...this.#calls].some((call) => call.name === name);
  }

  #quieten(name: string, isWaiting: boolean): void {
    this.#fresh.delete(name);
    this.#written.delete(name);
    if (isWaiting) this.#waiting.add(name);
  }

  /** One write serves all who wait for it. A disk that cannot be written to costs the evidence, not the requests. */
  async #save(host: Host): Promise<void> {
    this.#change += 1;
    const change = this.#change;
    const saved = this.#writes.run(async () => {
      if (this.#writtenChange >= change) return;
      const upTo = this.#change;
      const fresh = [...this.#fresh];
      this.#isSteady = this.#steadiness.holdsFor(host.steadySeconds * 1000);
      await host.disk.writeJson(file, this.#stored(fresh));
      this.#writtenChange = upTo;
      for (const name of fresh) if (this.#fresh.has(name)) this.#written.add(name);
    });
    const logged = saved.catch((error: unknown) => console.error(`${file}: ${String(error)}`));
    host.keepAlive(logged);
    await logged;
  }

  #stored(fresh: readonly string[]): Stored {
    const suspects = Object.fromEntries(this.#suspects);
    return {
      isSteady: this.#isSteady,
      fresh,
      waiting: [...this.#waiting],
      suspects,
      stalled: [...this.#stalled],
    };
  }
}

function once(call: () => void): () => void {
  let isCalled = false;
  return () => {
    if (isCalled) return;
    isCalled = true;
    call();
  };
}
