/** One version in its own isolate. */
import { readBundle } from "./bundle.ts";
import type { Fetcher, Host, IsolateCode } from "./host.ts";
import { sha256 } from "./manifest.ts";
import type { Abi, SecretEnvs, VersionEntry } from "./manifest.ts";
import { readWorkerBundle } from "./worker-bundle.ts";

const compatibilityDate = "2026-10-01";
/** Characters. */
const shortestRedacted = 6;

type Secrets = SecretEnvs[string];

/** The module cannot be run; the message is for the person who wrote it. */
export class LoadFailed extends Error {}

/** The disk does not have the module's bytes any more: they must be pushed again. */
export class ArtifactLost extends Error {}

/** Values from Secrets that the version needs are not here: they must be pushed again. */
export class SecretsLost extends Error {}

export class Isolate {
  readonly entry: VersionEntry;
  /** Values of the variables that entry names in secrets; undefined when they are not here. */
  readonly secrets: Secrets | undefined;
  /** When what it still has in flight is broken off, in milliseconds of the clock; Infinity while it is published. */
  endsAt = Infinity;
  readonly #id: string;

  /** id is never used twice: workerd keeps a failed load, and the first environment, for ever. */
  constructor(id: string, entry: VersionEntry, secrets: Secrets | undefined) {
    this.#id = id;
    this.entry = entry;
    this.secrets = secrets;
  }

  /** Loads the module; runs no handler. Throws LoadFailed, ArtifactLost and SecretsLost. */
  async load(host: Host): Promise<void> {
    const lost = Object.keys(this.entry.secrets ?? {}).filter((name) => this.secrets?.[name] === undefined);
    if (lost.length > 0) throw new SecretsLost(`the values of ${lost.join(", ")} are not here`);
    const code = await this.#code(host);
    try {
      await host.loader
        .get(this.#id, () => code)
        .getEntrypoint("EbbControl")
        .warm();
    } catch (error) {
      throw new LoadFailed(this.redact(publicMessage(error)), { cause: error });
    }
  }

  /** text without the values from Secrets that it repeats; short ones are words too, so they stay. */
  redact(text: string): string {
    const values = Object.values(this.secrets ?? {}).filter((value) => value.length >= shortestRedacted);
    return values.reduce((clean, value) => clean.replaceAll(value, "[redacted]"), text);
  }

  /** For one request only: stubs do not outlive the request that got them. */
  fetcher(host: Host): Fetcher {
    return host.loader.get(this.#id, () => this.#code(host)).getEntrypoint();
  }

  /** False when the isolate has ended, by its own doing or the engine's. */
  async isAlive(host: Host): Promise<boolean> {
    const control = host.loader.get(this.#id, () => this.#code(host)).getEntrypoint("EbbControl");
    return control.warm().then(
      () => true,
      () => false,
    );
  }

  /** Frees the isolate once its requests in flight are answered. */
  async free(host: Host): Promise<void> {
    const control = host.loader.get(this.#id, () => this.#code(host)).getEntrypoint("EbbControl");
    // The call never returns: the isolate that would answer it is gone.
    await control.abort().catch(() => undefined);
  }

  async #code(host: Host): Promise<IsolateCode> {
    const { abi, digest, env, egress = [] } = this.entry;
    const hex = digest.slice("sha256:".length);
    const bytes = await (await host.disk.readArtifact(hex))?.arrayBuffer();
    if (bytes === undefined) throw new ArtifactLost(`artifact ${digest} is not on the disk`);
    if ((await sha256(bytes)) !== hex) {
      await host.disk.removeArtifact(hex);
      throw new ArtifactLost(`artifact ${digest} was damaged on the disk`);
    }
    return {
      mainModule: "main.js",
      ...codeOf(host, abi, bytes),
      env: { ...env, ...this.secrets },
      globalOutbound: egress.length === 0 ? null : host.egress(egress),
    };
  }
}

type Code = Pick<IsolateCode, "compatibilityDate" | "compatibilityFlags" | "modules">;

/** The shim, and what it imports. */
function codeOf({ shims }: Host, abi: Abi, bytes: ArrayBuffer): Code {
  switch (abi) {
    case "WasiCommand":
      return { compatibilityDate, modules: { "main.js": shims.wasiCommand, "app.wasm": { wasm: bytes } } };
    case "WasiHttp":
      return {
        compatibilityDate,
        modules: { "main.js": shims.wasiHttp, ...partsOf(() => readBundle(bytes)) },
      };
    case "Worker": {
      const script = { "app.js": new TextDecoder().decode(bytes) };
      const worker = partsOf(() => readWorkerBundle(bytes)) ?? { compatibilityDate, modules: script };
      return { ...worker, modules: { "main.js": shims.workerModule, ...worker.modules } };
    }
  }
}

function partsOf<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new LoadFailed(publicMessage(error), { cause: error });
  }
}

/** One line, without the engine's own opening. */
function publicMessage(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .replace(/^Failed to start Worker:\s*/, "")
    .replaceAll(/\s+/g, " ")
    .slice(0, 500);
}
