/** Credentials as docker and Kubernetes keep them: `config.json`, and the older `.dockercfg`. */
import { registryOf } from "./reference.ts";

export type Credential =
  | { readonly kind: "Password"; readonly username: string; readonly password: string }
  /** Exchanged at the registry's token server. */
  | { readonly kind: "IdentityToken"; readonly token: string }
  /** Sent to the registry as it is. */
  | { readonly kind: "RegistryToken"; readonly token: string };

export interface ConfigEntry {
  /** Host with its port, `*.` for any name of one more part allowed; the hub's names are `docker.io`. */
  readonly host: string;
  /** Begins with `/`, or is empty. */
  readonly path: string;
  readonly credential: Credential;
}

/** The text is none of the forms; message says what is wrong and holds nothing of it. */
export class DockerConfigError extends Error {
  override readonly name = "DockerConfigError";
}

/** form is the key under which Kubernetes keeps the text. Errors: DockerConfigError. */
export function parseDockerConfig(text: string, form: ".dockerconfigjson" | ".dockercfg"): ConfigEntry[] {
  const parsed = objectOf(parseJson(text, form), form);
  const auths = form === ".dockercfg" ? parsed : parsed["auths"];
  if (auths === undefined) {
    const helped = "credsStore" in parsed || "credHelpers" in parsed;
    throw new DockerConfigError(
      helped
        ? `${form} names a program that keeps the credentials, which does not run here. Store them with: kubectl create secret docker-registry`
        : `${form} has no "auths". Make it with: kubectl create secret docker-registry`,
    );
  }
  return Object.entries(objectOf(auths, "auths")).flatMap(([key, value]) => {
    const credential = credentialOf(objectOf(value, "an entry of auths"));
    return credential === undefined ? [] : [{ ...placeOf(key), credential }];
  });
}

/** Those for a repository, those with the longest path first. */
export function credentialsFor(
  entries: readonly ConfigEntry[],
  registry: string,
  repository: string,
): Credential[] {
  const path = `/${repository}`;
  return entries
    .filter(
      (entry) =>
        isHost(entry.host, serverOf(registry)) &&
        (entry.path === "" || entry.path === path || path.startsWith(`${entry.path}/`)),
    )
    .toSorted((left, right) => right.path.length - left.path.length)
    .map(({ credential }) => credential);
}

function parseJson(text: string, form: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // What the parser says repeats a part of the text.
    throw new DockerConfigError(`${form} is no JSON. Make it with: kubectl create secret docker-registry`);
  }
}

function objectOf(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new DockerConfigError(`${what} is no JSON object.`);
}

/** Undefined for an entry without credentials, as a credential helper leaves it. */
function credentialOf(entry: Record<string, unknown>): Credential | undefined {
  const text = (name: string): string => (typeof entry[name] === "string" ? entry[name] : "");
  const registryToken = text("registrytoken").trim();
  // It is sent as it is, in a header.
  if (/[^\x21-\x7e]/.test(registryToken))
    throw new DockerConfigError('A "registrytoken" has characters that no token has.');
  if (registryToken !== "") return { kind: "RegistryToken", token: registryToken };
  if (text("identitytoken") !== "") return { kind: "IdentityToken", token: text("identitytoken") };
  if (text("username") !== "")
    return { kind: "Password", username: text("username"), password: text("password") };
  if (text("auth") === "") return undefined;
  // Some tools pad it with NUL.
  const decoded = Buffer.from(text("auth"), "base64").toString("utf8").replace(/\0+$/, "");
  const colon = decoded.indexOf(":");
  if (colon < 1)
    throw new DockerConfigError('An "auth" is not the base64 of a user name, a colon and a password.');
  return { kind: "Password", username: decoded.slice(0, colon), password: decoded.slice(colon + 1) };
}

/** Keys are hosts, or URLs as docker has written them since its first release. */
function placeOf(key: string): { readonly host: string; readonly path: string } {
  const [host = "", ...parts] = key.replace(/^https?:\/\//, "").split("/");
  const path = parts.filter((part) => part !== "").join("/");
  // The paths of the two versions of the API name no repository.
  const isApi = path === "v1" || path === "v2";
  return { host: serverOf(host), path: path === "" || isApi ? "" : `/${path}` };
}

/** 443 is the port anyway. */
function serverOf(name: string): string {
  return registryOf(name.replace(/:443$/, ""));
}

function isHost(pattern: string, host: string): boolean {
  const [wanted, found] = [pattern.split("."), host.split(".")];
  return (
    wanted.length === found.length && wanted.every((part, index) => part === "*" || part === found[index])
  );
}
