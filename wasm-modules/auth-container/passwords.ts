/** argon2id (RFC 9106) password hashes in PHC string format. */
import { argon2, randomBytes, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

import { decimal } from "./fields.ts";

/** What one hash costs: memory in KiB, passes over it, lanes. */
export type Cost = { memoryKib: number; passes: number; parallelism: number };

/** A parsed PHC string whose cost is allowed. */
export type PasswordHash = { cost: Cost; salt: Buffer; tag: Buffer };

/** OWASP's recommendation with the least memory. */
export const DEFAULT_COST: Cost = { memoryKib: 7168, passes: 5, parallelism: 1 };

const LARGEST_MEMORY_KIB = 65_536;
/** Bounds the time one request can take: memory times passes, about seven times the default. */
const LARGEST_WORK = 262_144;
const LARGEST_PARALLELISM = 4;
const PHC =
  /^\$argon2id\$v=19\$m=(?<m>\d+),t=(?<t>\d+),p=(?<p>\d+)\$(?<salt>[A-Za-z0-9+/]+)\$(?<tag>[A-Za-z0-9+/]+)$/;

const argon2Async = promisify(argon2);

/** True when argon2 defines this cost and one request may spend it. */
export function isAllowed({ memoryKib, passes, parallelism }: Cost): boolean {
  const work = memoryKib * passes;
  return (
    within(parallelism, 1, LARGEST_PARALLELISM) &&
    within(memoryKib, 8 * parallelism, LARGEST_MEMORY_KIB) &&
    within(work, 1, LARGEST_WORK)
  );
}

/** The PHC string of `password` under a new random salt. */
export async function hashPassword(password: string, cost: Cost): Promise<string> {
  const salt = randomBytes(16);
  const tag = await derive(password, salt, cost, 32);
  const { memoryKib, passes, parallelism } = cost;
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${parallelism}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** Undefined for anything but `$argon2id$v=19$m=…,t=…,p=…$salt$tag` with an allowed cost, a salt of 8 to 64
 * bytes and a tag of 16 to 64 bytes, both in unpadded base64. */
export function parseHash(text: string): PasswordHash | undefined {
  const { m = "", t = "", p = "", salt = "", tag = "" } = PHC.exec(text)?.groups ?? {};
  const cost = { memoryKib: decimal(m), passes: decimal(t), parallelism: decimal(p) };
  const bytes = { salt: decodeBase64(salt), tag: decodeBase64(tag) };
  const sizes = within(bytes.salt.length, 8, 64) && within(bytes.tag.length, 16, 64);
  return sizes && isComplete(cost) && isAllowed(cost) ? { cost, ...bytes } : undefined;
}

/** True when `password` is the one that was hashed; the comparison takes constant time. */
export async function matches(hash: PasswordHash, password: string): Promise<boolean> {
  return timingSafeEqual(await derive(password, hash.salt, hash.cost, hash.tag.length), hash.tag);
}

function derive(password: string, salt: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const { memoryKib: memory, passes, parallelism } = cost;
  return argon2Async("argon2id", { message: password, nonce: salt, memory, passes, parallelism, tagLength });
}

function isComplete(cost: Record<keyof Cost, number | undefined>): cost is Cost {
  return Object.values(cost).every((value) => value !== undefined);
}

function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString("base64").replace(/=+$/, "");
}

/** Empty when `text` is not the one spelling of its bytes. */
function decodeBase64(text: string): Buffer {
  const bytes = Buffer.from(text, "base64");
  return unpadded(bytes) === text ? bytes : Buffer.alloc(0);
}
