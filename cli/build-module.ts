/** `kubectl ebb build`: from a project or a file to an artifact, checked as the operator checks it. */
import { readFile, stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { systemClock } from "../operator/api/system-clock.ts";
import { type InspectedModule, inspectModule } from "../operator/module/inspect.ts";
import { nameOf } from "../operator/module/oci/reference.ts";
import { AddressGuard } from "../operator/module/web/address-guard.ts";
import { Web } from "../operator/module/web/web.ts";
import { type Artifact, artifactOf } from "./artifact.ts";
import type { BuildOptions } from "./build-options.ts";
import { CliError } from "./cli-error.ts";
import { dockerCredentials } from "./docker-credentials.ts";
import { pushArtifact } from "./push-artifact.ts";
import { buildWorker } from "./worker-project.ts";

export interface BuildResult {
  readonly artifact: Artifact;
  readonly inspected: InspectedModule;
  /** Registry, repository and digest; undefined without a tag. */
  readonly reference: string | undefined;
  /** A name for the EdgeFunction. */
  readonly name: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly leftOut: readonly string[];
}

/** Errors: CliError; ModuleError for what no edge runs; SourceRefused and SourceUnavailable of the registry. */
export async function buildModule(options: BuildOptions, env: NodeJS.ProcessEnv): Promise<BuildResult> {
  const { bytes, name, vars, leftOut } = await readSource(options, env);
  const inspected = await inspectModule(bytes, "Auto");
  const artifact = artifactOf(bytes, inspected);
  if (options.push) await push(options, artifact, env);
  const { tag } = options;
  const reference = tag === undefined ? undefined : `${nameOf(tag.reference)}@${artifact.digest}`;
  return { artifact, inspected, reference, name, vars, leftOut };
}

type Source = Pick<BuildResult, "name" | "vars" | "leftOut"> & { readonly bytes: Uint8Array };

async function readSource(
  { source, env: environment }: BuildOptions,
  env: NodeJS.ProcessEnv,
): Promise<Source> {
  const name = nameFrom(basename(resolve(source)));
  if (await isFolder(source)) {
    const { settings, bytes } = await buildWorker(source, environment, env);
    const { vars, leftOut } = settings;
    return { bytes, name: nameFrom(settings.name ?? name), vars, leftOut };
  }
  if (environment !== undefined)
    throw new CliError(`--env is for a wrangler project; ${source} is a file.`, { exitCode: 2 });
  return { bytes: await readFile(source), name, vars: {}, leftOut: [] };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (cause) {
    throw new CliError(`${path} cannot be read: give a folder with a wrangler project, or a .wasm file.`, {
      cause,
    });
  }
}

/** As an object of Kubernetes may be named. */
function nameFrom(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/\.wasm$/, "")
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 63);
  return name === "" ? "function" : name;
}

async function push(
  { tag, plainHTTP }: BuildOptions,
  artifact: Artifact,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  if (tag === undefined) throw new CliError("--push needs --tag REFERENCE.", { exitCode: 2 });
  const { reference } = tag;
  // Whoever runs this command may reach what this machine reaches.
  const guard = new AddressGuard({ allowed: ["0.0.0.0/0", "::/0"], denied: [] });
  const credentials = (): ReturnType<typeof dockerCredentials> => dockerCredentials(reference, env);
  await new Web({ guard, clock: systemClock }).session((web) =>
    pushArtifact(web, { reference, plainHTTP, credentials }, artifact),
  );
}
