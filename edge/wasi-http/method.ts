/** wasi:http/types.method and scheme */
import { Failed } from "./failed.ts";

export interface Tagged {
  readonly tag: string;
  readonly val?: string;
}

const methods = ["get", "head", "post", "put", "delete", "connect", "options", "trace", "patch"];
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const schemeName = /^[A-Za-z][A-Za-z0-9+.-]*$/;

export function methodOf(name: string): Tagged {
  const tag = name.toLowerCase();
  return methods.includes(tag) && name === name.toUpperCase() ? { tag } : { tag: "other", val: name };
}

/** Throws Failed when the name cannot be one. */
export function methodName({ tag, val = "" }: Tagged): string {
  if (tag !== "other") return tag.toUpperCase();
  if (!token.test(val)) throw new Failed();
  return val;
}

export function schemeOf(protocol: string): Tagged {
  const name = protocol.replace(":", "");
  if (name === "http" || name === "https") return { tag: name.toUpperCase() };
  return { tag: "other", val: name };
}

/** Throws Failed when the name cannot be one. */
export function schemeText({ tag, val = "" }: Tagged): string {
  if (tag !== "other") return tag.toLowerCase();
  if (!schemeName.test(val)) throw new Failed();
  return val.toLowerCase();
}
