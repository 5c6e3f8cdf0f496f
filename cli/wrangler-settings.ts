/** What a wrangler configuration asks of an edge: what Ebb carries, and what it must refuse. */
import { CliError } from "./cli-error.ts";

export interface WranglerSettings {
  readonly name: string | undefined;
  /** `YYYY-MM-DD` */
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** For the EdgeFunction's spec.env. */
  readonly vars: Readonly<Record<string, string>>;
  /** Fields that are the platform's own business and that the artifact does not hold. */
  readonly leftOut: readonly string[];
}

/** They are about building, about developing, or say what this command reads itself. */
const carried: ReadonlySet<string> = new Set([
  "$schema",
  "account_id",
  "alias",
  "base_dir",
  "build",
  "compatibility_date",
  "compatibility_flags",
  "compliance_region",
  "configPath",
  "define",
  "definedEnvironments",
  "dependencies_instrumentation",
  "dev",
  "env",
  "find_additional_modules",
  "first_party_worker",
  "jsx_factory",
  "jsx_fragment",
  "keep_names",
  "keep_vars",
  "legacy_env",
  "main",
  "minify",
  "name",
  "no_bundle",
  "pages_build_output_dir",
  "preserve_file_names",
  "previews",
  "python_modules",
  "rules",
  "send_metrics",
  "targetEnvironment",
  "topLevelName",
  "tsconfig",
  "upload_source_maps",
  "userConfigPath",
  "vars",
]);
/** Where the traffic comes from and what is measured is said to Ebb, and not by the module. */
const leftOut: ReadonlySet<string> = new Set([
  "limits",
  "logpush",
  "observability",
  "placement",
  "preview_urls",
  "route",
  "routes",
  "workers_dev",
]);

/**
 * config is what wrangler makes of the file, with all of its fields. A field that is filled and not known here is refused,
 * so that no binding of a later wrangler is lost in silence. Errors: CliError.
 */
export function readSettings(config: Readonly<Record<string, unknown>>, path: string): WranglerSettings {
  const filled = Object.keys(config).filter((field) => isFilled(config[field]));
  const refused = filled.filter((field) => !carried.has(field) && !leftOut.has(field));
  if (refused.length > 0)
    throw new CliError(
      `${path} asks for ${refused.map((field) => describe(field, config[field])).join(", ")}, which Ebb does not give to a Worker. Remove it, or reach the service over HTTP (spec.egress.allow).`,
    );
  const { name, compatibility_date: date, compatibility_flags: flags, vars } = config;
  if (typeof date !== "string")
    throw new CliError(
      `${path} has no compatibility_date. Set it to the day for which the code was written.`,
    );
  return {
    name: typeof name === "string" ? name : undefined,
    compatibilityDate: date,
    compatibilityFlags: Array.isArray(flags) ? flags.filter((flag) => typeof flag === "string") : [],
    vars: readVars(vars, path),
    leftOut: filled.filter((field) => leftOut.has(field)),
  };
}

function readVars(vars: unknown, path: string): Record<string, string> {
  const entries = Object.entries((vars ?? {}) as Record<string, unknown>);
  const other = entries.filter(([, value]) => typeof value !== "string").map(([name]) => `vars.${name}`);
  if (other.length > 0)
    throw new CliError(
      `${path} has ${other.join(", ")} with a value that is no string; spec.env of an EdgeFunction holds strings. Write it as a string, and parse it.`,
    );
  return Object.fromEntries(entries) as Record<string, string>;
}

function isFilled(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === "") return false;
  if (Array.isArray(value)) return value.length > 0;
  return typeof value !== "object" || Object.values(value).some(isFilled);
}

/** The field with the names of its bindings, such as `kv_namespaces (CACHE)`. */
function describe(field: string, value: unknown): string {
  const names = [...new Set(bindingsIn(value))];
  return names.length === 0 ? field : `${field} (${names.join(", ")})`;
}

function bindingsIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { binding, name } = value as Record<string, unknown>;
  const own = typeof binding === "string" ? binding : name;
  return typeof own === "string" ? [own] : Object.values(value).flatMap(bindingsIn);
}
