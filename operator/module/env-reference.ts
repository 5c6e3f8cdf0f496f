/** One reference of a function's environment to a key of a Secret or ConfigMap, and what is wrong with it. */
import { allowSecret } from "./allow-secret.ts";

export interface EnvReference {
  readonly kind: "Secret" | "ConfigMap";
  /** Path in the EdgeFunction, such as `spec.env[0].valueFrom.secretKeyRef`. */
  readonly field: string;
  readonly namespace: string;
  readonly name: string;
  readonly key: string;
  readonly optional?: boolean;
}

/** What was found of an object; keys are those that it has. */
export interface FoundKey {
  readonly keys: readonly string[];
  /** Undefined when the object does not have the key. */
  readonly bytes: Uint8Array | undefined;
}

/** reason is that of a condition; the message is for the function's owner and holds no value. */
export class EnvError extends Error {
  override readonly name = "EnvError";
  readonly reason: "EnvNotFound" | "EnvForbidden" | "EnvInvalid";

  constructor(reason: EnvError["reason"], message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The value as text; undefined when it is optional and not there. found is undefined when the object is not there. */
export function textOf(reference: EnvReference, found: FoundKey | undefined): string | undefined {
  const bytes = found?.bytes;
  if (bytes !== undefined) return decode(reference, bytes);
  if (reference.optional === true) return undefined;
  throw new EnvError("EnvNotFound", found === undefined ? noObject(reference) : noKey(reference, found.keys));
}

/** The error of a Secret that the operator's account may not read. */
export function forbidden({ kind, field, namespace, name }: EnvReference): EnvError {
  return new EnvError(
    "EnvForbidden",
    `${field} names ${kind} "${name}", which Ebb may not read in namespace "${namespace}". ${allowSecret(namespace, name)}`,
  );
}

function decode({ field, kind, name, key }: EnvReference, bytes: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    if (!text.includes("\0")) return text;
  } catch {
    // Said below, without the bytes.
  }
  throw new EnvError(
    "EnvInvalid",
    `${field} leads to ${bytes.length} bytes under "${key}" of ${kind} "${name}" that are no text. A variable holds UTF-8 without NUL: store the value as text, such as base64.`,
  );
}

function noObject({ field, kind, name, namespace }: EnvReference): string {
  return `${field} names ${kind} "${name}", which does not exist in namespace "${namespace}". Create it there, correct the name, or set optional: true.`;
}

/** What a Secret's keys are called is told to nobody. */
function noKey({ field, kind, name, key }: EnvReference, keys: readonly string[]): string {
  const has = kind === "Secret" ? `It has ${keys.length} others` : `Its keys: ${keys.join(", ") || "none"}`;
  return `${field}.key is "${key}", which ${kind} "${name}" does not have. ${has}. Add the key, correct the reference, or set optional: true.`;
}
