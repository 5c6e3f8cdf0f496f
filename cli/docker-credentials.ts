/** Credentials for a registry as docker keeps them: in config.json, or with the programs that it names. */
import { spawn } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import {
  type Credential,
  credentialsFor,
  DockerConfigError,
  parseDockerConfig,
} from "../operator/module/oci/docker-config.ts";
import type { Reference } from "../operator/module/oci/reference.ts";
import { CliError } from "./cli-error.ts";

/** The hub's name for its credentials, with docker's programs too. */
const hubServer = "https://index.docker.io/v1/";

/** Errors: CliError; no text holds a credential. */
export async function dockerCredentials(
  { registry, repository }: Reference,
  env: NodeJS.ProcessEnv,
): Promise<readonly Credential[]> {
  const path = join(env["DOCKER_CONFIG"] ?? join(homedir(), ".docker"), "config.json");
  const config = await readConfig(path);
  if (config === undefined) return [];
  const server = registry === "docker.io" ? hubServer : registry;
  const { auths, credHelpers, credsStore } = parseJson(config, path) as DockerSettings;
  const helper = credHelpers?.[server] ?? credsStore;
  const helped = helper === undefined ? undefined : await askHelper(helper, server, env);
  if (helped !== undefined) return [helped];
  if (auths === undefined) return [];
  try {
    return credentialsFor(parseDockerConfig(config, ".dockerconfigjson"), registry, repository);
  } catch (error) {
    if (error instanceof DockerConfigError) throw new CliError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

async function readConfig(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new CliError(`${path} cannot be read.`, { cause: error });
  }
}

/** What is read of the file here; parseDockerConfig reads auths. */
interface DockerSettings {
  readonly auths?: unknown;
  readonly credHelpers?: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** what names the text. */
function parseJson(json: string, what: string): object {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    // What the parser says repeats a part of the text.
  }
  if (typeof value === "object" && value !== null) return value;
  throw new CliError(`${what} is no JSON object.`);
}

/** Undefined when the program knows no credentials for server. */
async function askHelper(
  helper: string,
  server: string,
  env: NodeJS.ProcessEnv,
): Promise<Credential | undefined> {
  const command = `docker-credential-${helper}`;
  const child = spawn(command, ["get"], { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("close", resolve);
    child.once("error", (cause) => {
      reject(new CliError(`${command}, which docker's config.json names, cannot be run.`, { cause }));
    });
  });
  child.stdin.on("error", () => child.stdin.destroy()); // it ended without reading; its status says the rest
  child.stdin.end(server);
  const [status, output] = await Promise.all([ended, text(child.stdout)]);
  if (status !== 0) {
    if (/credentials not found/i.test(output)) return undefined;
    throw new CliError(`${command} get ended with ${status} for ${server}.`);
  }
  const { Username, Secret } = parseJson(output, `The answer of ${command}`) as Record<string, unknown>;
  if (typeof Username !== "string" || typeof Secret !== "string")
    throw new CliError(`${command} get answered without Username and Secret.`);
  return Username === "<token>"
    ? { kind: "IdentityToken", token: Secret }
    : { kind: "Password", username: Username, password: Secret };
}
