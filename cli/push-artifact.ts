/** Pushes an artifact to a registry: what is there already is not sent again, the tag comes last. */
import { parseChallenges } from "../operator/module/oci/challenge.ts";
import type { Credential } from "../operator/module/oci/docker-config.ts";
import { apiHost, nameOf, type Reference } from "../operator/module/oci/reference.ts";
import { authorizationFor } from "../operator/module/oci/registry-auth.ts";
import type { WebReply } from "../operator/module/web/web-reply.ts";
import type { WebRequest, WebSession } from "../operator/module/web/web.ts";
import { type Artifact, type Blob, manifestType } from "./artifact.ts";
import { CliError } from "./cli-error.ts";

export interface PushTarget {
  readonly reference: Reference;
  readonly plainHTTP: boolean;
  /** Asked for when the registry wants to know who asks. */
  readonly credentials: () => Promise<readonly Credential[]>;
}

const maxRefusalSize = 64 * 1024;

export async function pushArtifact(web: WebSession, target: PushTarget, artifact: Artifact): Promise<void> {
  const push = new Push(web, target);
  for (const blob of artifact.blobs) await push.blob(blob);
  await push.manifest(artifact);
}

class Push {
  readonly #web: WebSession;
  readonly #target: PushTarget;
  readonly #base: URL;
  #authorization: string | undefined;

  constructor(web: WebSession, target: PushTarget) {
    this.#web = web;
    this.#target = target;
    this.#base = new URL(`${target.plainHTTP ? "http" : "https"}://${apiHost(target.reference)}`);
  }

  async blob({ descriptor: { digest }, bytes }: Blob): Promise<void> {
    const known = await this.#send(this.#url(`blobs/${digest}`), { method: "HEAD" });
    await known.dump();
    if (known.status === 200) return;
    if (known.status !== 404) throw await this.#refused(known, `the question for ${digest}`);
    const started = await this.#send(this.#url("blobs/uploads/"), { method: "POST" });
    const location = URL.parse(started.header("location") ?? "", started.url);
    if (started.status !== 202 || location === null) throw await this.#refused(started, "an upload");
    await started.dump();
    if (this.#base.protocol === "https:" && location.protocol !== "https:")
      throw new CliError(`${this.#base.host} wants the upload at ${location.origin}, without https.`);
    location.searchParams.set("digest", digest);
    const content = { type: "application/octet-stream", bytes };
    await this.#created(await this.#send(location, { method: "PUT", content }), `the blob ${digest}`);
  }

  async manifest({ manifest, digest }: Artifact): Promise<void> {
    const name = this.#target.reference.tag ?? digest;
    const content = { type: manifestType, bytes: manifest };
    const reply = await this.#send(this.#url(`manifests/${name}`), { method: "PUT", content });
    const told = reply.header("docker-content-digest") ?? digest;
    await this.#created(reply, `the manifest ${name}`);
    if (told !== digest) throw new CliError(`${this.#base.host} keeps ${told} instead of ${digest}.`);
  }

  async #created(reply: WebReply, what: string): Promise<void> {
    if (reply.status !== 201) throw await this.#refused(reply, what);
    await reply.dump();
  }

  #url(part: string): URL {
    return new URL(`/v2/${this.#target.reference.repository}/${part}`, this.#base);
  }

  async #send(url: URL, request: WebRequest): Promise<WebReply> {
    const isRegistry = url.origin === this.#base.origin;
    const authorization = isRegistry ? this.#authorization : undefined;
    const first = await this.#web.send(url, { ...request, authorization });
    const asks = first.status === 401 && first.url.origin === this.#base.origin;
    const challenges = asks ? parseChallenges(first.header("www-authenticate") ?? "") : [];
    if (challenges.length === 0) return first;
    await first.dump();
    const found = await this.#target.credentials();
    for (const credential of found.length === 0 ? [undefined] : found) {
      const proof = await authorizationFor(this.#web, this.#base, challenges, credential);
      if (proof === undefined) continue;
      const reply = await this.#web.send(url, { ...request, authorization: proof });
      if (reply.status !== 401) {
        this.#authorization = proof;
        return reply;
      }
      await reply.dump();
    }
    const tried =
      found.length === 0
        ? "docker's config.json has no credentials for it"
        : "it refused those of docker's config.json";
    throw new CliError(
      `${nameOf(this.#target.reference)} asks who pushes; ${tried}. Log in with: docker login ${this.#target.reference.registry}`,
    );
  }

  async #refused(reply: WebReply, what: string): Promise<CliError> {
    const title = `The answer of ${this.#base.host}`;
    const text = (await reply.bytes({ title, maxSize: maxRefusalSize })).toString("utf8").trim();
    const said = text === "" ? "" : `: ${text.slice(0, 300)}`;
    return new CliError(
      `${nameOf(this.#target.reference)} answered ${reply.status} to ${what}${said}. Check the repository's name and that you may push there.`,
    );
  }
}
