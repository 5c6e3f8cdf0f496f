/** One server with the API of a registry, for one repository: what it is asked, and how it is shown who asks. */
import { SourceRefused, SourceUnavailable } from "../source-error.ts";
import type { WebReply } from "../web/web-reply.ts";
import type { WebRequest, WebSession } from "../web/web.ts";
import { parseChallenges } from "./challenge.ts";
import { credentialsFor } from "./docker-config.ts";
import type { PullCredentials } from "./pull-credentials.ts";
import { authorizationFor } from "./registry-auth.ts";

export interface EndpointOptions {
  readonly web: WebSession;
  /** Without a path. */
  readonly base: URL;
  readonly repository: string;
  /** Registry that a mirror stands for. */
  readonly mirrorOf?: string;
  /** Asked for when the server wants to know who asks, and not before. */
  readonly credentials: () => Promise<PullCredentials>;
}

type PartRequest = Pick<WebRequest, "accept" | "method">;

export class RegistryEndpoint {
  readonly #options: EndpointOptions;
  #authorization: string | undefined;

  constructor(options: EndpointOptions) {
    this.#options = options;
  }

  /** Host of the server and the repository, for messages. */
  get title(): string {
    return `${this.#options.base.host}/${this.#options.repository}`;
  }

  /** The answer to a request for a part of the repository, such as `manifests/1.4.2`; its status is 200. */
  async get(part: string, request: PartRequest = {}): Promise<WebReply> {
    const reply = await this.find(part, request);
    if (reply !== undefined) return reply;
    throw new SourceRefused(
      "ModuleNotFound",
      `${this.title} has no ${part.replace("/", " ")}. Push it, or correct spec.module.oci.reference.`,
    );
  }

  /** The same; undefined when the answer's status is one of absent, which say that there is no such part. */
  async find(
    part: string,
    request: PartRequest = {},
    absent: readonly number[] = [404],
  ): Promise<WebReply | undefined> {
    const { base, repository, mirrorOf } = this.#options;
    const url = new URL(`/v2/${repository}/${part}`, base);
    if (mirrorOf !== undefined) url.searchParams.set("ns", mirrorOf);
    const reply = await this.#authorized(url, request);
    if (reply.status === 200) return reply;
    await reply.dump();
    if (absent.includes(reply.status)) return undefined;
    throw new SourceUnavailable(`${base.host} answered ${reply.status} to a request for ${part}.`);
  }

  async #authorized(url: URL, request: WebRequest): Promise<WebReply> {
    const { web, base, repository, credentials } = this.#options;
    const first = await web.send(url, { ...request, authorization: this.#authorization });
    if (first.status !== 401 && first.status !== 403) return first;
    await first.dump();
    // What a host asks for to which the registry redirects is not the registry's to be given.
    if (first.url.origin !== base.origin) throw this.#refusedElsewhere(first);
    const challenges = parseChallenges(first.header("www-authenticate") ?? "");
    if (challenges.length === 0) throw this.#forbidden(first.status, 0, []);
    const { entries, unread } = await credentials();
    const candidates = credentialsFor(entries, base.host, repository);
    for (const candidate of candidates.length === 0 ? [undefined] : candidates) {
      const authorization = await authorizationFor(web, base, challenges, candidate);
      if (authorization === undefined) continue;
      const reply = await web.send(url, { ...request, authorization });
      if (reply.status !== 401 && reply.status !== 403) {
        this.#authorization = authorization;
        return reply;
      }
      await reply.dump();
    }
    throw this.#forbidden(first.status, candidates.length, unread);
  }

  #refusedElsewhere({ status, url }: WebReply): SourceRefused {
    return new SourceRefused(
      "ModuleForbidden",
      `${this.title} redirects to ${url.host}, which refuses with ${status}. Ebb shows credentials to the registry alone.`,
    );
  }

  #forbidden(status: number, tried: number, unread: readonly string[]): SourceRefused {
    const found =
      tried === 0
        ? "Ebb found no credentials for it"
        : `It refused the credentials that Ebb found (${tried})`;
    const left =
      unread.length === 0
        ? ""
        : ` ${unread.join(" and ")} could not be read, or held none in a form that Ebb knows.`;
    return new SourceRefused(
      "ModuleForbidden",
      `${this.title} was refused with ${status}, or does not exist. ${found}.${left} Name a Secret of the type kubernetes.io/dockerconfigjson in spec.module.oci.pullSecretRef, or correct it.`,
    );
  }
}
