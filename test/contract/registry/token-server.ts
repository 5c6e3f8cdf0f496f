/** A token server as Docker Hub and others have one: it signs what the registry believes. */
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { answer, type ScriptedServer, startScriptedServer } from "../../kit/scripted-server.ts";

const issuer = "ebb-test";
const service = "ebb-registry";

interface User {
  readonly username: string;
  readonly password: string;
}

export class TokenServer implements AsyncDisposable {
  /** What the registry's configuration says of it. */
  readonly registryOptions: Readonly<Record<string, string>>;
  readonly #server: ScriptedServer;

  private constructor(server: ScriptedServer, jwks: string) {
    this.#server = server;
    // oras takes no realm at a loopback address but by the registry's own name.
    const url = server.url.replace("127.0.0.1", "localhost");
    this.registryOptions = { realm: `${url}/issue`, service, issuer, jwks };
  }

  /** Only the user gets tokens. Writes the key that the registry needs into folder. */
  static async start(folder: string, user: User): Promise<TokenServer> {
    const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const kid = createHash("sha256")
      .update(publicKey.export({ type: "spki", format: "der" }))
      .digest("hex");
    const jwks = join(folder, "jwks.json");
    const key = { ...publicKey.export({ format: "jwk" }), kid, use: "sig", alg: "ES256" };
    await writeFile(jwks, JSON.stringify({ keys: [key] }));
    const known = `Basic ${Buffer.from(`${user.username}:${user.password}`).toString("base64")}`;
    const server = await startScriptedServer(({ headers, query }, response) => {
      const isKnown = headers.authorization === known;
      if (isKnown) answer(response, 200, { token: tokenFor(query.get("scope"), privateKey, kid) });
      else answer(response, 401, {});
    });
    return new TokenServer(server, jwks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }
}

/** scope is as in `repository:shop/checkout:pull`. */
function tokenFor(scope: string | null, key: KeyObject, kid: string): string {
  const [type = "", name, actions = ""] = (scope ?? "").split(":");
  const now = Math.floor(Date.now() / 1000);
  const access = type === "" ? [] : [{ type, name, actions: actions.split(",") }];
  const claims = { iss: issuer, aud: service, sub: "robot", iat: now, nbf: now - 60, exp: now + 600, access };
  const head = `${base64url({ alg: "ES256", typ: "JWT", kid })}.${base64url(claims)}`;
  const signature = sign("sha256", Buffer.from(head), { key, dsaEncoding: "ieee-p1363" });
  return `${head}.${signature.toString("base64url")}`;
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
