/** Proves to a registry who asks: Basic, or a token of the server that the registry names. */
import { SourceRefused, SourceUnavailable } from "../source-error.ts";
import type { WebSession } from "../web/web.ts";
import type { Challenge } from "./challenge.ts";
import type { Credential } from "./docker-config.ts";

const maxTokenSize = 1024 * 1024;
const clientId = "ebb";

/**
 * The value of Authorization that answers the challenges; undefined when the token server takes the credential for wrong,
 * or when there is nothing to send. A token server must speak https unless the registry itself does not.
 * Errors: SourceRefused for challenges that nothing here answers; SourceUnavailable.
 */
export async function authorizationFor(
  web: WebSession,
  registry: URL,
  challenges: readonly Challenge[],
  credential: Credential | undefined,
): Promise<string | undefined> {
  if (credential?.kind === "RegistryToken") return `Bearer ${credential.token}`;
  const bearer = challenges.find(({ scheme }) => scheme === "bearer");
  if (bearer !== undefined) {
    const token = await askToken(web, tokenServer(registry, bearer), bearer, credential);
    return token === undefined ? undefined : `Bearer ${token}`;
  }
  if (challenges.some(({ scheme }) => scheme === "basic"))
    return credential?.kind === "Password" ? basic(credential) : undefined;
  const schemes = challenges.map(({ scheme }) => scheme).join(", ") || "nothing";
  throw new SourceRefused(
    "ModuleForbidden",
    `${registry.host} asks for ${schemes} to prove who asks; Ebb knows Bearer and Basic.`,
  );
}

function tokenServer(registry: URL, { parameters }: Challenge): URL {
  const realm = URL.parse(parameters.get("realm") ?? "");
  const isSafe =
    realm?.protocol === "https:" || (realm?.protocol === "http:" && registry.protocol === "http:");
  if (realm === null || !isSafe)
    throw new SourceRefused("ModuleForbidden", `${registry.host} names no https URL of a token server.`);
  return realm;
}

async function askToken(
  web: WebSession,
  realm: URL,
  { parameters }: Challenge,
  credential: Credential | undefined,
): Promise<string | undefined> {
  const asked = (["service", "scope"] as const).flatMap((name) => {
    const value = parameters.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const reply =
    credential?.kind === "IdentityToken"
      ? await web.send(realm, {
          method: "POST",
          form: new URLSearchParams([
            ...asked.map(([name, value]) => [name, value]),
            ["grant_type", "refresh_token"],
            ["client_id", clientId],
            ["refresh_token", credential.token],
          ]),
        })
      : await web.send(withQuery(realm, asked), {
          authorization: credential?.kind === "Password" ? basic(credential) : undefined,
        });
  if (reply.status !== 200) {
    await reply.dump();
    if ([400, 401, 403].includes(reply.status)) return undefined;
    throw new SourceUnavailable(`${realm.host}, which gives tokens, answered ${reply.status}.`);
  }
  const title = `The token of ${realm.host}`;
  return tokenIn(await reply.bytes({ title, maxSize: maxTokenSize }), realm);
}

function tokenIn(bytes: Buffer, realm: URL): string {
  const none = new SourceUnavailable(`${realm.host}, which gives tokens, answered without one.`);
  try {
    const { token, access_token: access } = JSON.parse(bytes.toString("utf8")) as Record<string, unknown>;
    const found = token ?? access;
    // It is sent back as it is, in a header.
    if (typeof found === "string" && /^[\x21-\x7e]+$/.test(found)) return found;
  } catch (error) {
    // What the parser says may repeat a part of the token.
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw none;
}

function withQuery(realm: URL, asked: readonly (readonly [string, string])[]): URL {
  const url = new URL(realm);
  for (const [name, value] of asked) url.searchParams.set(name, value);
  return url;
}

function basic({ username, password }: Extract<Credential, { kind: "Password" }>): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
