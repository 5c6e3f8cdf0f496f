/** What the process is told by its arguments and its environment, read once. */
import { join } from "node:path";
import { parseDuration } from "./api/duration.ts";
import { ConfigError, type Environment, flag, jsonOf, required } from "./environment.ts";
import type { NetworkPolicyPeer } from "./kube/policy-objects.ts";
import { readModuleSettings } from "./module-settings.ts";
import type { ModuleSettings } from "./module/create-module-sources.ts";
import type { LogLevel } from "./telemetry/log.ts";

export interface Config {
  /** Where the operator runs: its Lease and its certificate authority are there. */
  readonly namespace: string;
  /** Unique among the replicas; the pod's name. */
  readonly identity: string;
  /** Name of the operator's own Deployment; not set where it runs as something else. */
  readonly deployment?: string;
  readonly gatewayImage: string;
  readonly edgeImage: string;
  /** Path of the program that makes components into what the edge runs. */
  readonly transpiler: string;
  /** Folders of the modules that are put before a function's own at edges that others run. */
  readonly hostedModules: { readonly cloudflare: string; readonly deno: string };
  /** Whether to make the ClusterEdgeTarget `default` when there is none. */
  readonly makeDefaultTarget: boolean;
  /** Whether gateways and pools get a NetworkPolicy, and who may call through a gateway: none given are all. */
  readonly networkPolicies?: { readonly callers: readonly NetworkPolicyPeer[] };
  readonly modules: ModuleSettings;
  readonly logLevel: LogLevel;
  /** Of /metrics, /healthz and /readyz; 0 takes a free one. */
  readonly port: number;
}

export type Command =
  | { readonly name: "run" }
  /** Brings every workload back, as before an uninstall. */
  | { readonly name: "eject"; readonly timeoutMs: number };

const usage = "Usage: operator run | operator eject --all [--timeout 240s]";
const logLevels: readonly LogLevel[] = ["debug", "info", "warn", "error", "silent"];

/** args are those after the script's name. Errors: ConfigError. */
export function readCommand(args: readonly string[]): Command {
  const [name = "run", ...rest] = args;
  if (name === "run" && rest.length === 0) return { name };
  if (name !== "eject") throw new ConfigError(`"${args.join(" ")}" is no command. ${usage}`);
  let timeout = "240s";
  let isAll = false;
  for (let index = 0; index < rest.length; index++) {
    if (rest[index] === "--all") isAll = true;
    else if (rest[index] === "--timeout") timeout = rest[++index] ?? "";
    else throw new ConfigError(`eject does not know "${rest[index]}". ${usage}`);
  }
  if (!isAll)
    throw new ConfigError(`eject brings back every EdgeFunction of the cluster; say so with --all. ${usage}`);
  try {
    return { name, timeoutMs: parseDuration(timeout) };
  } catch (error) {
    throw new ConfigError(`--timeout: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

/** Errors: ConfigError. */
export function readConfig(env: Environment): Config {
  const level = env.EBB_LOG_LEVEL ?? "info";
  const logLevel = logLevels.find((each) => each === level);
  if (logLevel === undefined)
    throw new ConfigError(`EBB_LOG_LEVEL is "${level}"; allowed: ${logLevels.join(", ")}.`);
  return {
    namespace: required(env, "EBB_NAMESPACE"),
    identity: required(env, "POD_NAME"),
    ...(env.EBB_DEPLOYMENT === undefined ? {} : { deployment: env.EBB_DEPLOYMENT }),
    gatewayImage: required(env, "EBB_GATEWAY_IMAGE"),
    edgeImage: required(env, "EBB_EDGE_IMAGE"),
    transpiler: env["EBB_TRANSPILER"] ?? join(import.meta.dirname, "transpiler.ts"),
    hostedModules: {
      cloudflare: join(import.meta.dirname, "cloudflare"),
      deno: join(import.meta.dirname, "deno"),
    },
    makeDefaultTarget: flag(env, "EBB_DEFAULT_TARGET"),
    ...(flag(env, "EBB_NETWORK_POLICIES") ? { networkPolicies: { callers: callersOf(env) } } : {}),
    modules: readModuleSettings(env),
    logLevel,
    port: 8080,
  };
}

/** Peers as in a NetworkPolicy; the API server checks more than their form when the policy is written. */
function callersOf(env: Environment): NetworkPolicyPeer[] {
  const peers = jsonOf(env, "EBB_NETWORK_POLICY_CALLERS", "[]");
  if (Array.isArray(peers) && peers.every((peer) => typeof peer === "object" && peer !== null))
    return peers as NetworkPolicyPeer[];
  throw new ConfigError(
    `EBB_NETWORK_POLICY_CALLERS is "${JSON.stringify(peers)}"; it must be a JSON list of peers.`,
  );
}
