/** What a build says: the digest reference alone on its line, then the EdgeFunction; or one JSON object. */
import type { BuildResult } from "./build-module.ts";
import type { BuildOptions } from "./build-options.ts";
import { edgeFunctionYaml } from "./snippet.ts";

type Printed = Pick<BuildOptions, "output" | "push" | "plainHTTP" | "tag">;

export function printResult(result: BuildResult, options: Printed): string {
  const { artifact, inspected, reference, name, vars } = result;
  const { abi, report } = inspected;
  const { plainHTTP } = options;
  const edgeFunction =
    reference === undefined ? undefined : edgeFunctionYaml({ name, reference, plainHTTP, abi, vars });
  if (options.output === "text")
    return reference === undefined || edgeFunction === undefined
      ? `${artifact.digest}\n`
      : `${reference}\n---\n${edgeFunction}`;
  const json = {
    reference,
    tag: options.tag?.text,
    digest: artifact.digest,
    pushed: options.push,
    module: { abi, digest: inspected.digest, size: inspected.size, imports: report.imports },
    edgeFunction,
  };
  return `${JSON.stringify(json, undefined, 2)}\n`;
}
