/**
 * The endpoints: which path takes which method and body, and how an answer looks.
 *
 * Fields of an answer come in byte order of their names, so that equal answers are equal bytes.
 */
import type { IncomingMessage } from "node:http";

import type { Config } from "./config.ts";
import { type JsonObject, parseFields, positiveField, stringField } from "./fields.ts";
import { hashPassword, matches, parseHash } from "./passwords.ts";
import { Refusal } from "./refusal.ts";
import { customClaims, issueToken, TOKEN_LIMIT, verifyToken } from "./tokens.ts";

/** One answer: a status, a JSON body, who may keep it and, for 405, the methods of the resource. */
export type Answer = { status: number; allow?: string | undefined; cache: string; body: unknown };

type Endpoint = { fields: string[]; run: (object: JsonObject, config: Config) => Promise<unknown> };

/** Longest body that is read, in bytes. */
const BODY_LIMIT = 16 * 1024;
const PASSWORD_LIMIT = 1024;
const SUBJECT_LIMIT = 256;
const TTL_LIMIT_SECONDS = 365 * 24 * 60 * 60;
const HASH_RULE = "must be an argon2id string (v=19, m up to 65536, m times t up to 262144, p up to 4)";

const JWKS_CACHE = "public, max-age=300";

const ENDPOINTS: ReadonlyMap<string, Endpoint> = new Map([
  ["/v1/passwords/hash", { fields: ["password"], run: hash }],
  ["/v1/passwords/verify", { fields: ["password", "hash"], run: verifyHash }],
  ["/v1/tokens", { fields: ["subject", "ttlSeconds", "claims"], run: issue }],
  ["/v1/tokens/verify", { fields: ["token"], run: verify }],
]);

/** Answers `request`; checks go path, method, media type, length, JSON, fields, and the first that fails
 * answers (404, 405, 415, 413, 400). Rejects when the caller goes away while it sends the body. */
export async function answer(request: IncomingMessage, config: Config): Promise<Answer> {
  try {
    return { status: 200, cache: "no-store", ...(await run(request, config)) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, allow, field, message } = error;
    return { status, allow, cache: "no-store", body: { error: { field, message } } };
  }
}

async function run(request: IncomingMessage, config: Config): Promise<{ body: unknown; cache?: string }> {
  const path = decodedPath(request.url ?? "");
  if (path === "/healthz") {
    requireMethod(request, "GET, HEAD");
    return { body: { status: "ok" } };
  }
  if (path === "/.well-known/jwks.json") {
    requireMethod(request, "GET, HEAD");
    return { body: { keys: config.keys.ed25519.map(({ jwk }) => jwk) }, cache: JWKS_CACHE };
  }
  const endpoint = ENDPOINTS.get(path);
  if (!endpoint) throw new Refusal(404, "path", "is not an endpoint of this service");
  requireMethod(request, "POST");
  if (!isJson(request)) {
    throw new Refusal(415, "content-type", "must be application/json");
  }
  const fields = parseFields(await readBody(request), endpoint.fields);
  return { body: await endpoint.run(fields, config) };
}

/** True for `application/json` with or without parameters; a header that is there twice is one list. */
function isJson(request: IncomingMessage): boolean {
  const [mediaType = ""] = (request.headersDistinct["content-type"] ?? []).join(", ").split(";");
  return /^[ \t]*application\/json[ \t]*$/i.test(mediaType);
}

/** The path with its percent-encoding undone, as CGI's PATH_INFO has it; empty when that gives no text. */
function decodedPath(target: string): string {
  try {
    return decodeURIComponent(new URL(`http://host${target}`).pathname);
  } catch (error) {
    if (error instanceof URIError || error instanceof TypeError) return "";
    throw error;
  }
}

function requireMethod(request: IncomingMessage, methods: string): void {
  if (methods.split(", ").includes(request.method ?? "")) return;
  throw new Refusal(405, "method", `must be one of: ${methods}`, methods);
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const tooLong = new Refusal(413, "body", `must be at most ${BODY_LIMIT} bytes`);
  if (Number(request.headers["content-length"]) > BODY_LIMIT) throw tooLong;
  const chunks: Buffer[] = [];
  let length = 0;
  const stream: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > BODY_LIMIT) throw tooLong;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

async function hash(object: JsonObject, config: Config): Promise<unknown> {
  return { hash: await hashPassword(stringField(object, "password", PASSWORD_LIMIT), config.cost) };
}

async function verifyHash(object: JsonObject): Promise<unknown> {
  const password = stringField(object, "password", PASSWORD_LIMIT);
  const text = object["hash"];
  const parsed = typeof text === "string" ? parseHash(text) : undefined;
  if (!parsed) throw Refusal.bad("hash", HASH_RULE);
  return { valid: await matches(parsed, password) };
}

async function issue(object: JsonObject, config: Config): Promise<unknown> {
  const subject = stringField(object, "subject", SUBJECT_LIMIT);
  const ttl = positiveField(object, "ttlSeconds", TTL_LIMIT_SECONDS);
  const claims = Object.hasOwn(object, "claims") ? customClaims(object["claims"]) : {};
  return { token: issueToken(config, nowSeconds(), subject, ttl, claims) };
}

async function verify(object: JsonObject, config: Config): Promise<unknown> {
  const result = verifyToken(config, nowSeconds(), stringField(object, "token", TOKEN_LIMIT));
  return typeof result === "string" ? { reason: result, valid: false } : { claims: result, valid: true };
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}
