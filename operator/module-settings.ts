/** What the environment says of modules from outside the cluster. */
import { ConfigError, type Environment, jsonOf } from "./environment.ts";
import { amountOf } from "./kube/quantity.ts";
import type { ModuleSettings } from "./module/create-module-sources.ts";
import type { Mirrors } from "./module/oci/registry-client.ts";
import { type AddressRules, networkList } from "./module/web/address-guard.ts";

/** Errors: ConfigError. */
export function readModuleSettings(env: Environment): ModuleSettings {
  const caFile = env["EBB_MODULE_CA_FILE"] ?? "";
  return {
    maxSize: bytesOf(env, "EBB_MODULE_MAX_SIZE", "16Mi"),
    cacheDir: env["EBB_MODULE_CACHE"] ?? "/var/cache/ebb",
    cacheSize: bytesOf(env, "EBB_MODULE_CACHE_SIZE", "256Mi"),
    ...(caFile === "" ? {} : { caFile }),
    mirrors: mirrorsOf(env, "EBB_MODULE_MIRRORS"),
    addresses: addressesOf(env),
  };
}

function bytesOf(env: Environment, name: string, fallback: string): number {
  const text = env[name] ?? fallback;
  const amount = amountOf(text);
  if (amount === undefined || !Number.isInteger(amount) || amount <= 0)
    throw new ConfigError(`${name} is "${text}"; it must be a number of bytes, such as 16Mi.`);
  return amount;
}

function mirrorsOf(env: Environment, name: string): Mirrors {
  const mirrors = jsonOf(env, name, "{}");
  const isMap = typeof mirrors === "object" && mirrors !== null && !Array.isArray(mirrors);
  if (isMap && Object.values(mirrors).every((urls) => Array.isArray(urls) && urls.every(isUrl)))
    return mirrors as Mirrors;
  throw new ConfigError(
    `${name} is ${JSON.stringify(mirrors)}; it must be a JSON object with a list of http or https URLs for each registry, such as {"registry.example.com": ["https://mirror.example.com"]}.`,
  );
}

function isUrl(value: unknown): boolean {
  const url = typeof value === "string" ? URL.parse(value) : null;
  return url !== null && (url.protocol === "https:" || url.protocol === "http:") && url.username === "";
}

function addressesOf(env: Environment): AddressRules {
  return {
    allowed: networksOf(env, "EBB_MODULE_ALLOWED_ADDRESSES"),
    denied: networksOf(env, "EBB_MODULE_DENIED_ADDRESSES"),
  };
}

function networksOf(env: Environment, name: string): string[] {
  const networks = jsonOf(env, name, "[]");
  if (!Array.isArray(networks) || !networks.every((network) => typeof network === "string"))
    throw new ConfigError(`${name} must be a JSON list of networks, such as ["10.0.0.0/8"].`);
  try {
    networkList(networks);
    return networks;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ConfigError(`${name}: ${error.message}.`, { cause: error });
  }
}
