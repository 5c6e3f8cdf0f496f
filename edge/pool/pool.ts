/** The versions that this process serves, and how they come and go. */
import { ArtifactLost, Isolate, LoadFailed } from "./isolate.ts";
import { LoadAttempts } from "./load-attempts.ts";
import { manifestDigest, namedVersions, parseManifest } from "./manifest.ts";
import type { Manifest, VersionEntry } from "./manifest.ts";
import type { Host } from "./host.ts";
import { Serial } from "./serial.ts";

const manifestFile = "manifest.json";

type LoadState =
  | { readonly loaded: true }
  | {
      readonly loaded: false;
      readonly reason: "ModuleLoadFailed" | "LoadCrashed" | "ArtifactLost";
      readonly message: string;
    };

/** What a manifest came to; digest is empty while there is none. */
export interface PoolReport {
  readonly digest: string;
  readonly versions: Readonly<Record<string, LoadState>>;
}

interface Version {
  readonly isolate: Isolate;
  readonly state: LoadState;
}

interface Draining {
  readonly isolate: Isolate;
  readonly deadline: number;
}

/**
 * Guarantees: a version is named in the manifest on the disk only after its load has ended, well or not; one
 * that fails never stops the others; a version that the manifest drops takes requests until its drain has passed, and
 * ends what it has taken, streams and WebSockets too: the engine frees its memory with the last of them.
 * Caveats: all calls must come from a request, which host belongs to.
 */
export class Pool {
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
    return { digest: this.#digest, versions: Object.fromEntries(versions) };
  }

  /** Undefined for a version that is not there or could not be loaded. */
  find(name: string): Isolate | undefined {
    const version = this.#versions.get(name);
    if (version !== undefined) return version.state.loaded ? version.isolate : undefined;
    return this.#draining.get(name)?.isolate;
  }

  /**
   * Makes manifest the one that holds, or gives the artifacts that must be pushed before. Of retry, versions whose load
   * has ended the process are loaded once more.
   */
  async apply(
    host: Host,
    manifest: Manifest,
    retry: readonly string[] = [],
  ): Promise<PoolReport | { readonly missing: readonly string[] }> {
    const change = this.#changes.run(async () => {
      const missing = await missingArtifacts(host, manifest);
      if (missing.length > 0) return { missing };
      await this.#forgetCrashes(host, retry);
      await this.#loadAll(host, manifest);
      await host.disk.writeJson(manifestFile, manifest);
      await this.#adopt(host, manifest);
      await removeUnnamedArtifacts(host, manifest);
      return this.report();
    });
    host.keepAlive(change);
    return change;
  }

  /** Frees what has drained; called by every probe, so that no timer has to outlive its request. */
  async sweep(host: Host): Promise<void> {
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
        await this.#load(host, name, isolate.entry, await LoadAttempts.read(host.disk));
      });
    } finally {
      this.#reloading.delete(name);
    }
  }

  async #restore(host: Host): Promise<void> {
    const manifest = parseManifest(await host.disk.readJson(manifestFile));
    if (manifest !== undefined) {
      await this.#loadAll(host, manifest);
      await this.#adopt(host, manifest);
    }
    this.#isRestored = true;
  }

  async #loadAll(host: Host, manifest: Manifest): Promise<void> {
    const attempts = await LoadAttempts.read(host.disk);
    for (const [name, entry] of namedVersions(manifest)) {
      const known = this.#versions.get(name)?.state;
      if (known !== undefined && (known.loaded || known.reason !== "ArtifactLost")) continue;
      const draining = this.#draining.get(name);
      if (draining === undefined) {
        await this.#load(host, name, entry, attempts);
      } else {
        this.#draining.delete(name);
        this.#versions.set(name, { isolate: draining.isolate, state: { loaded: true } });
      }
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

  async #load(host: Host, name: string, entry: VersionEntry, attempts: LoadAttempts): Promise<void> {
    this.#isolates += 1;
    const isolate = new Isolate(`${name}#${this.#isolates}`, entry);
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
      if (version.state.loaded) this.#draining.set(name, { isolate: version.isolate, deadline });
    }
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
