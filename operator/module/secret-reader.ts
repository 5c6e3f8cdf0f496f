/** Keys of Secrets that functions refer to. They are asked for by name, never listed or watched. */
import type { Clock } from "../api/clock.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import { type Secret, secrets } from "../kube/objects.ts";
import type { FoundKey } from "./env-reference.ts";

export interface FoundSecretKey extends FoundKey {
  /** Of the value: it stays while the value does, also when other parts of the Secret change. */
  readonly revision: string;
}

interface Ref {
  readonly namespace: string;
  readonly name: string;
}

interface Known {
  readonly at: number;
  readonly data: Readonly<Record<string, string>>;
  /** Of each key that was asked for. */
  readonly revisions: Map<string, { readonly encoded: string | undefined; readonly revision: string }>;
  readonly resourceVersion: string;
}

/** Milliseconds for which a Secret is taken to be as it was read. */
const freshMs = 20_000;
/** Milliseconds after which one that nobody asks for is forgotten. */
const forgetMs = 600_000;

/** Errors: ApiError. */
export class SecretReader {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #known = new Map<string, Known>();

  constructor(client: KubeClient, clock: Clock) {
    this.#client = client;
    this.#clock = clock;
  }

  /** Undefined when there is no such Secret. What was not found before is looked for again. */
  async read(ref: Ref, key: string): Promise<FoundSecretKey | undefined> {
    const id = `${ref.namespace}/${ref.name}`;
    const kept = this.#known.get(id);
    const isFresh = kept !== undefined && this.#clock.now() - kept.at < freshMs;
    const known = isFresh && kept.data[key] !== undefined ? kept : await this.#ask(ref, id, kept);
    if (known === undefined) return undefined;
    const encoded = known.data[key];
    const former = known.revisions.get(key);
    const revision =
      former !== undefined && former.encoded === encoded
        ? former.revision
        : `${ref.name}/${key}@${known.resourceVersion}`;
    known.revisions.set(key, { encoded, revision });
    const bytes = encoded === undefined ? undefined : Buffer.from(encoded, "base64");
    return { keys: Object.keys(known.data), bytes, revision };
  }

  async #ask(ref: Ref, id: string, former: Known | undefined): Promise<Known | undefined> {
    const secret = await this.#client.find(secrets, ref);
    const now = this.#clock.now();
    for (const [other, { at }] of this.#known) if (now - at > forgetMs) this.#known.delete(other);
    if (secret === undefined) {
      this.#known.delete(id);
      return undefined;
    }
    const known = {
      at: now,
      data: secret.data ?? {},
      revisions: former?.revisions ?? new Map(),
      resourceVersion: versionOf(secret),
    };
    this.#known.set(id, known);
    return known;
  }
}

/** Names one content of one Secret, also when one of the same name takes its place. */
function versionOf({ metadata }: Secret): string {
  return `${metadata.uid ?? ""}.${metadata.resourceVersion ?? ""}`;
}
