/** Parts of the project's own CRDs. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { arrayAt, isObject, objectAt } from "./fake-apiserver/json.ts";
import { properties, type Schema } from "./fake-apiserver/structural-schema.ts";

/** The schema of one top-level field. Errors: throws when the CRD or the field is not there. */
export function loadSchema(plural: string, field: string): Schema {
  const file = fileURLToPath(new URL(`../../crds/ebb.dev_${plural}.yaml`, import.meta.url));
  const definition: unknown = parse(readFileSync(file, "utf8"));
  const [version] = arrayAt(objectAt(definition, "spec"), "versions").filter(isObject);
  const schema = properties(objectAt(version, "schema", "openAPIV3Schema"))[field];
  if (schema === undefined) throw new Error(`${file} has no schema of ${field}`);
  return schema;
}
