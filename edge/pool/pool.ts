/** The versions that this process serves, and how they come and go. */
import { ArtifactLost, Isolate, LoadFailed, SecretsLost } from "./isolate.ts";
import { LoadAttempts } from "./load-attempts.ts";
import { manifestDigest, namedVersions, parsePush } from "./manifest.ts";
import type { Manifest, Push, SecretEnvs } from "./manifest.ts";
import type { Host } from "./host.ts";
import { Running } from "./running.ts";
import { Serial } from "./serial.ts";
import { Traps } from "./traps.ts";

const manifestFile = "manifest.json";

type LoadState =
  | { readonly loaded: true }
  | {
      readonly loaded: false;
      readonly reason:
        | "ModuleLoadFailed"
        | "LoadCrashed"
        | "ArtifactLost"
        | "SecretsLost"
        | "FunctionStalled";
      readonly message: string;
    };

/** What a manifest came to; digest is empty while there is none. */
export interface PoolReport {
  readonly digest: string;
  readonly versions: Readonly<Record<string, LoadState>>;
  /** How often versions have failed to answer, of those that have. */
  readonly traps: Readonly<Record<string, number>>;
}

/** What a version is loaded with. */
type Settings = Pick<Isolate, "entry" | "secrets">;

/** Reasons of what can be loaded once it is pushed again. */
const lostReasons: ReadonlySet<string> = new Set(["ArtifactLost", "SecretsLost"]);

interface Version {
  readonly isolate: Isolate;
  readonly state: LoadState;
}

/** What the operator knows of versions from elsewhere, by name. */
export interface Orders {
  /** Of those whose load has ended the process: they are loaded once more. */
  readonly retry?: readonly string[];
  /** Other pods have found them stalled: they are not run here either. */
  readonly stalled?: readonly string[];
}

interface Draining {
  readonly isolate: Isolate;
  readonly deadline: number;
}

/**
 * Guarantees: a version is named in the manifest on the disk only after its load has ended, well or not; one
 * that fails never stops the others; a version that the manifest drops takes requests until its drain has passed, and
 * goes on with what it has taken, streams and WebSockets too, until the cap: the engine frees its memory with the last
 * of them. A version that was running at two ends of the process is not run any more.
 * Caveats: all calls must come from a request, which host belongs to.
 */
export class Pool {
  readonly running: Running;
  readonly traps: Traps;
  readonly #now: () => number;
  readonly #changes = new Serial();
  readonly #versions = new Map<string, Version>();
  readonly #draining = new Map<string, Draining>();
  readonly #reloading = new Set<string>();
  #restored: Promise<void> | undefined;
  #isRestored = false;
  #digest = "";
  #isolates = 0;

  constructor(now: () => number) {
    this.#now = now;
    this.running = new Running(now);
    this.traps = new Traps(now);
  }

  /** Restores what the disk holds, once; a failed attempt is made again by the next call. */
  async ready(host: Host): Promise<void> {
    if (this.#isRestored) return;
    this.#restored ??= this.#changes
      .run(() => this.#restore(host))
      .catch((error: unknown) => {
        this.#restored = undefined;
        throw error;
      });
    host.keepAlive(this.#restored);
    await this.#restored;
  }

  report(): PoolReport {
    const versions = Array.from(this.#versions, ([name, version]) => [name, version.state] as const);
    return { digest: this.#digest, versions: Object.fromEntries(versions), traps: this.traps.counts() };
  }

  /** Undefined for a version that is not there or could not be loaded. */
  find(name: string): Isolate | undefined {
    const version = this.#versions.get(name);
    if (version !== undefined) return version.state.loaded ? version.isolate : undefined;
    return this.#draining.get(name)?.isolate;
  }

  /** Whether what isolate has in flight is to be broken off. */
  isOver(isolate: Isolate): boolean {
    return this.#now() >= isolate.endsAt;
  }

  /** Makes push's manifest the one that holds, or gives the artifacts that must be pushed before. */
  async apply(
    host: Host,
    { manifest, secrets }: Push,
    { retry = [], stalled = [] }: Orders = {},
  ): Promise<PoolReport | { readonly missing: readonly string[] }> {
    const change = this.#changes.run(async () => {
      const missing = await missingArtifacts(host, manifest);
      if (missing.length > 0) return { missing };
      await this.#stop(host, stalled);
      await this.#forgetCrashes(host, retry);
      await this.#loadAll(host, manifest, secrets);
      await host.disk.writeJson(manifestFile, { ...manifest, secrets: this.#secretsOf(manifest) });
      await this.#adopt(host, manifest);
      await removeUnnamedArtifacts(host, manifest);
      return this.report();
    });
    host.keepAlive(change);
    return change;
  }

  /** Frees what has drained; called by every probe, so that no timer has to outlive its request. */
  async sweep(host: Host): Promise<void> {
    await this.running.tick(host);
    for (const [name, draining] of this.#draining) {
      if (draining.deadline > this.#now()) continue;
      this.#draining.delete(name);
      await draining.isolate.free(host);
    }
  }

  /** Loads name again when its isolate has ended: a module can end its own. */
  async revive(host: Host, name: string, isolate: Isolate): Promise<void> {
    if (this.#reloading.has(name) || (await isolate.isAlive(host))) return;
    this.#reloading.add(name);
    try {
      await this.#changes.run(async () => {
        if (this.#versions.get(name)?.isolate !== isolate) return;
        await this.#load(host, name, isolate, await LoadAttempts.read(host.disk));
      });
    } finally {
      this.#reloading.delete(name);
    }
  }

  async #restore(host: Host): Promise<void> {
    const attempts = await LoadAttempts.read(host.disk);
    const stored = parsePush(await host.disk.readJson(manifestFile));
    // A function that has the pool to itself harms nobody: left out, it would be of no use at all.
    const isShared = Object.keys(stored?.manifest.functions ?? {}).length > 1;
    await this.running.restore(host, isShared && !attempts.isBrokenOff);
    if (stored !== undefined) {
      await this.#loadAll(host, stored.manifest, stored.secrets);
      await this.#adopt(host, stored.manifest);
    }
    this.#isRestored = true;
  }

  async #loadAll(host: Host, manifest: Manifest, secrets: SecretEnvs): Promise<void> {
    const attempts = await LoadAttempts.read(host.disk);
    for (const [name, entry] of namedVersions(manifest)) {
      const known = this.#versions.get(name)?.state;
      if (known !== undefined && (known.loaded || !lostReasons.has(known.reason))) continue;
      const draining = this.#draining.get(name);
      if (draining === undefined) {
        await this.#load(host, name, { entry, secrets: secrets[name] }, attempts);
      } else {
        this.#draining.delete(name);
        draining.isolate.endsAt = Infinity;
        this.#versions.set(name, { isolate: draining.isolate, state: { loaded: true } });
      }
    }
  }

  /** Of names, those that run here run no more. */
  async #stop(host: Host, names: readonly string[]): Promise<void> {
    const unknown = names.filter((name) => !this.running.isStalled(name));
    await this.running.condemn(host, unknown);
    for (const name of unknown) {
      const isolate = this.find(name);
      this.#versions.delete(name);
      this.#draining.delete(name);
      if (isolate === undefined) continue;
      isolate.endsAt = this.#now() + host.capSeconds * 1000;
      await isolate.free(host);
    }
  }

  async #forgetCrashes(host: Host, names: readonly string[]): Promise<void> {
    const crashed = names.filter((name) => {
      const state = this.#versions.get(name)?.state;
      return state?.loaded === false && state.reason === "LoadCrashed";
    });
    if (crashed.length === 0) return;
    await (await LoadAttempts.read(host.disk)).allowAgain(host.disk, crashed);
    for (const name of crashed) this.#versions.delete(name);
  }

  /** Values that are here of the versions in manifest. */
  #secretsOf(manifest: Manifest): SecretEnvs {
    const named = Array.from(namedVersions(manifest).keys(), (name) => {
      const secrets = this.#versions.get(name)?.isolate.secrets;
      return secrets === undefined ? undefined : ([name, secrets] as const);
    });
    return Object.fromEntries(named.filter((each) => each !== undefined));
  }

  async #load(host: Host, name: string, settings: Settings, attempts: LoadAttempts): Promise<void> {
    this.#isolates += 1;
    const isolate = new Isolate(`${name}#${this.#isolates}`, settings.entry, settings.secrets);
    if (this.running.isStalled(name)) {
      const message = "it was running both times when the process stalled, or ran out of memory";
      this.#versions.set(name, { isolate, state: { loaded: false, reason: "FunctionStalled", message } });
      return;
    }
    if (attempts.areSpent(name)) {
      const message = "the process ended twice while it loaded this module";
      this.#versions.set(name, { isolate, state: { loaded: false, reason: "LoadCrashed", message } });
      return;
    }
    await attempts.begin(host.disk, name);
    this.#versions.set(name, { isolate, state: await loadState(host, isolate) });
    await attempts.end(host.disk, name);
  }

  async #adopt(host: Host, manifest: Manifest): Promise<void> {
    const named = namedVersions(manifest);
    const deadline = this.#now() + host.drainSeconds * 1000;
    for (const [name, version] of this.#versions) {
      if (named.has(name)) continue;
      this.#versions.delete(name);
      version.isolate.endsAt = this.#now() + host.capSeconds * 1000;
      if (version.state.loaded) this.#draining.set(name, { isolate: version.isolate, deadline });
    }
    await this.running.keepOnly(host, named);
    this.traps.keepOnly(named);
    this.#digest = await manifestDigest(manifest);
  }
}

async function loadState(host: Host, isolate: Isolate): Promise<LoadState> {
  try {
    await isolate.load(host);
    return { loaded: true };
  } catch (error) {
    if (error instanceof LoadFailed)
      return { loaded: false, reason: "ModuleLoadFailed", message: error.message };
    if (error instanceof ArtifactLost)
      return { loaded: false, reason: "ArtifactLost", message: error.message };
    if (error instanceof SecretsLost) return { loaded: false, reason: "SecretsLost", message: error.message };
    throw error;
  }
}

async function missingArtifacts(host: Host, manifest: Manifest): Promise<string[]> {
  const present = new Set(await host.disk.artifacts());
  const digests = new Set(Array.from(namedVersions(manifest).values(), (entry) => entry.digest));
  return [...digests].filter((digest) => !present.has(digest.slice("sha256:".length)));
}

async function removeUnnamedArtifacts(host: Host, manifest: Manifest): Promise<void> {
  const digests = new Set(Array.from(namedVersions(manifest).values(), (entry) => entry.digest));
  for (const hex of await host.disk.artifacts()) {
    if (!digests.has(`sha256:${hex}`)) await host.disk.removeArtifact(hex);
  }
}
