/** The EdgeFunction that takes what was pushed. */
import { stringify } from "yaml";
import type { InspectedModule } from "../operator/module/inspect.ts";

export interface SnippetParts {
  /** Of the EdgeFunction and of its Deployment: to be changed where they are named otherwise. */
  readonly name: string;
  /** With a digest. */
  readonly reference: string;
  readonly plainHTTP: boolean;
  readonly abi: InspectedModule["abi"];
  readonly vars: Readonly<Record<string, string>>;
}

export function edgeFunctionYaml({ name, reference, plainHTTP, abi, vars }: SnippetParts): string {
  const env = Object.entries(vars).map(([variable, value]) => ({ name: variable, value }));
  const oci = { reference, ...(plainHTTP ? { plainHTTP } : {}) };
  return stringify({
    apiVersion: "ebb.dev/v1alpha1",
    kind: "EdgeFunction",
    metadata: { name },
    spec: {
      workloadRef: { name },
      module: { oci, abi },
      ...(env.length === 0 ? {} : { env }),
    },
  });
}
