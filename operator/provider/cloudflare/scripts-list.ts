/** The scripts of an account, by one call for all functions, and as old as a caller can bear. */
import type { Clock } from "../../api/clock.ts";
import { SharedReads } from "../../kube/shared-reads.ts";
import type { ApiClient, ListedScript } from "./api-client.ts";

interface Listed {
  /** When the call began. */
  readonly at: number;
  readonly byName: ReadonlyMap<string, ListedScript>;
}

export class ScriptsList {
  readonly #api: Pick<ApiClient, "scripts">;
  readonly #clock: Clock;
  readonly #reads = new SharedReads<Listed>();
  #listed: Listed | undefined;

  constructor(api: Pick<ApiClient, "scripts">, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** The script of that name; undefined when there is none. Errors: those of the call, which is made when the list is older than maxAge, in milliseconds. */
  async find(name: string, maxAge: number): Promise<ListedScript | undefined> {
    const since = this.#clock.now() - maxAge;
    const listed = await this.#reads.read(
      "",
      () => (this.#listed !== undefined && this.#listed.at >= since ? this.#listed : undefined),
      () => this.#ask(),
    );
    return listed?.byName.get(name);
  }

  /** As find, of a list of any age; `unknown` while there is none. */
  remembered(name: string): ListedScript | "unknown" | undefined {
    return this.#listed === undefined ? "unknown" : this.#listed.byName.get(name);
  }

  /** What a call of ours has made of a script; undefined when it is gone. */
  note(name: string, script: ListedScript | undefined): void {
    if (this.#listed === undefined) return;
    const byName = new Map(this.#listed.byName);
    if (script === undefined) byName.delete(name);
    else byName.set(name, script);
    this.#listed = { ...this.#listed, byName };
  }

  async #ask(): Promise<Listed> {
    const at = this.#clock.now();
    const scripts = await this.#api.scripts();
    this.#listed = { at, byName: new Map(scripts.map((script) => [script.id, script])) };
    return this.#listed;
  }
}
