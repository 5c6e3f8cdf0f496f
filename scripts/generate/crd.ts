/** The parts of a CustomResourceDefinition that files are generated from. */
import { parse } from "yaml";

/** A node of an OpenAPI v3 schema. */
export interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly enum?: readonly string[];
}

export interface Crd {
  /** Such as `edgefunctions.ebb.dev`. */
  readonly name: string;
  readonly kind: string;
  /** The kind in kebab case. */
  readonly fileName: string;
  /** Schemas of spec and status. */
  readonly parts: { readonly spec: Schema; readonly status: Schema };
}

interface CrdObject {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly names: { readonly kind: string };
    readonly versions: readonly {
      readonly schema: { readonly openAPIV3Schema: { readonly properties: Crd["parts"] } };
    }[];
  };
}

/** Reads the YAML of a CRD with one version. */
export function parseCrd(text: string): Crd {
  const crd = parse(text) as CrdObject;
  const [version, ...others] = crd.spec.versions;
  if (version === undefined || others.length > 0)
    throw new Error(`${crd.metadata.name}: expected one version`);
  const kind = crd.spec.names.kind;
  return {
    name: crd.metadata.name,
    kind,
    fileName: kind.replaceAll(/(?<=[a-z])(?=[A-Z])/g, "-").toLowerCase(),
    parts: version.schema.openAPIV3Schema.properties,
  };
}
