#!/usr/bin/env node
/** kubectl-ebb, which kubectl finds on the PATH as `kubectl ebb`. */
import { ModuleError } from "../operator/module/module-error.ts";
import { SourceRefused, SourceUnavailable } from "../operator/module/source-error.ts";
import { buildModule } from "./build-module.ts";
import { type BuildOptions, parseBuildOptions, usage } from "./build-options.ts";
import { CliError } from "./cli-error.ts";
import { printResult } from "./print-result.ts";

try {
  const options = parseBuildOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(usage);
  else await build(options);
} catch (error) {
  const isKnown = [CliError, ModuleError, SourceRefused, SourceUnavailable].some(
    (kind) => error instanceof kind,
  );
  if (!isKnown || !(error instanceof Error)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = error instanceof CliError ? error.exitCode : 1;
}

async function build(options: BuildOptions): Promise<void> {
  const result = await buildModule(options, process.env);
  if (result.leftOut.length > 0)
    process.stderr.write(
      `note: ${result.leftOut.join(", ")} of the wrangler configuration are not in the artifact; an EdgeFunction says what the edge is to do.\n`,
    );
  process.stdout.write(printResult(result, options));
}
