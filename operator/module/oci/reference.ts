/** Names of artifacts in registries, such as `registry.example.com/shop/checkout:1.4.2`. */

export interface Reference {
  /** Host, with a port where it is not the usual one, such as `registry.example.com:5000`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag?: string;
  /** `sha256:` and 64 hex digits. Where there is a tag too, the digest counts. */
  readonly digest?: string;
}

const pattern =
  /^(?<registry>(?:[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?)\/(?<repository>[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*)(?::(?<tag>[A-Za-z0-9_][-.A-Za-z0-9_]{0,127}))?(?:@(?<digest>sha256:[0-9a-f]{64}))?$/;

const hub = "docker.io";
const hubHosts: ReadonlySet<string> = new Set([hub, "index.docker.io", "registry-1.docker.io"]);

/** One name for each registry: the hub has several. */
export function registryOf(host: string): string {
  return hubHosts.has(host) ? hub : host;
}

/** Undefined for what is no reference with a registry and with a tag or a digest; the API server has refused those before. */
export function parseReference(text: string): Reference | undefined {
  const { registry, repository, tag, digest } = pattern.exec(text)?.groups ?? {};
  if (registry === undefined || repository === undefined) return undefined;
  if (tag === undefined && digest === undefined) return undefined;
  const name = registryOf(registry);
  return {
    registry: name,
    repository: name === hub && !repository.includes("/") ? `library/${repository}` : repository,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Where the registry's API is. */
export function apiHost({ registry }: Pick<Reference, "registry">): string {
  return registry === hub ? "registry-1.docker.io" : registry;
}

/** Registry and repository, as people write them. */
export function nameOf({ registry, repository }: Reference): string {
  return `${registry}/${repository}`;
}
