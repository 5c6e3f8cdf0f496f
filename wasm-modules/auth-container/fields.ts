/**
 * Typed reading of a JSON object's fields, with the refusal a caller needs to correct the request.
 *
 * Only values that every JSON reader represents alike are taken: strings of whole characters, booleans and
 * whole numbers within 2^53 - 1.
 */
import { Refusal } from "./refusal.ts";

/** A JSON object whose values have not been looked at. */
export type JsonObject = Readonly<Record<string, unknown>>;

const DEEPEST = 127;
/** Strings, brackets and numbers of JSON. */
const TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"|[[\]{}]|-?\d[\d.eE+-]*/g;
const LARGEST_U32 = 4_294_967_295;

/** The object in `body`, which has no fields but `known`; throws a Refusal (400) otherwise. */
export function parseFields(body: Uint8Array, known: readonly string[]): JsonObject {
  const value = parseJson(body);
  if (value === undefined) throw Refusal.bad("body", "must be valid JSON");
  if (!isObject(value)) throw Refusal.bad("body", "must be a JSON object");
  const unknown = namesInByteOrder(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw Refusal.bad(unknown, "is not a field of this request");
  return value;
}

/** The JSON value in UTF-8 `bytes`; undefined for invalid JSON, and for JSON with half characters,
 * numbers out of range or more than 127 levels. */
export function parseJson(bytes: Uint8Array): unknown {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const value: unknown = JSON.parse(text);
    return isPortable(text) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

/** True for a JSON object, so not for null or an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The object's names in the order of their UTF-8 bytes. */
export function namesInByteOrder(object: JsonObject): string[] {
  return Object.keys(object).toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** The string `name` of 1 to `longest` bytes in UTF-8; throws a Refusal (400) otherwise. */
export function stringField(object: JsonObject, name: string, longest: number): string {
  const value = object[name];
  if (typeof value === "string" && value !== "" && Buffer.byteLength(value) <= longest) return value;
  throw Refusal.bad(name, `must be a string of 1 to ${longest} bytes`);
}

/** The whole number `name` of 1 to `largest`; throws a Refusal (400) otherwise. */
export function positiveField(object: JsonObject, name: string, largest: number): number {
  const value = object[name];
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= largest)
    return value;
  throw Refusal.bad(name, `must be a whole number from 1 to ${largest}`);
}

/** The number written in `text` as plain decimal digits with no sign and no leading zero, within 32 bits. */
export function decimal(text: string): number | undefined {
  if (!/^(?:0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= LARGEST_U32 ? value : undefined;
}

/** Looks at the text of a valid JSON value, since the parsed value lacks what a later field of the same name
 * has replaced. */
function isPortable(json: string): boolean {
  let levels = 0;
  for (const [token] of json.matchAll(TOKEN)) {
    if (token === "{" || token === "[") levels += 1;
    else if (token === "}" || token === "]") levels -= 1;
    else if (token.startsWith('"') ? !isWhole(token) : !Number.isFinite(Number(token))) return false;
    if (levels > DEEPEST) return false;
  }
  return true;
}

function isWhole(literal: string): boolean {
  return !literal.includes("\\u") || String(JSON.parse(literal)).isWellFormed();
}
