/** Kinds from CustomResourceDefinition files. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { Cause } from "./api-failure.ts";
import { ruleChecker } from "./cel-rules.ts";
import {
  arrayAt,
  asStoredObject,
  isObject,
  objectAt,
  valueAt,
  without,
  type JsonObject,
  type StoredObject,
} from "./json.ts";
import { duplicateItems } from "./duplicate-items.ts";
import type { Kind, KindSubresource, Strategy } from "./kind.ts";
import { schemaValidator } from "./schema-validator.ts";
import { prune, resourceTopology, topologyOf, withDefaults, type Schema } from "./structural-schema.ts";

const crdFolder = fileURLToPath(new URL("../../../crds/", import.meta.url));

/** The kinds of every CRD in a folder of YAML files; by default the project's own. */
export function loadCustomKinds(folder: string = crdFolder): Kind[] {
  const files = readdirSync(folder)
    .filter((file) => /\.ya?ml$/.test(file))
    .toSorted();
  const documents = files.flatMap((file) => parseAllDocuments(readFileSync(`${folder}/${file}`, "utf8")));
  return documents
    .map((document): unknown => document.toJS())
    .filter(isObject)
    .flatMap(kindsOfDefinition);
}

/** One kind for each served version of a CustomResourceDefinition. */
function kindsOfDefinition(definition: JsonObject): Kind[] {
  const spec = objectAt(definition, "spec");
  const served = arrayAt(spec, "versions")
    .filter(isObject)
    .filter((version) => version["served"] === true);
  return served.map((version) => {
    const schema = objectAt(version, "schema", "openAPIV3Schema");
    const subresources = Object.keys(objectAt(version, "subresources")) as KindSubresource[];
    const fields = arrayAt(version, "selectableFields").map((field) =>
      String(valueAt(field, ["jsonPath"])).slice(1),
    );
    return {
      group: String(spec["group"]),
      version: String(version["name"]),
      plural: String(valueAt(spec, ["names", "plural"])),
      kind: String(valueAt(spec, ["names", "kind"])),
      namespaced: spec["scope"] === "Namespaced",
      subresources,
      topology: resourceTopology(schema),
      selectableFields: fields,
      strategy: strategyOf(schema, subresources.includes("status")),
    };
  });
}

const rulesUnchecked: Cause = {
  field: "<nil>",
  reason: "FieldValueInvalid",
  message:
    "Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation",
};

function strategyOf(schema: Schema, hasStatus: boolean): Strategy {
  const validate = schemaValidator(schema);
  const checkRules = ruleChecker(schema);
  const topology = topologyOf(schema);
  return {
    normalize: (object) => normalized(object, schema),
    validate: (object, before) => {
      const wrong = [...validate(object), ...duplicateItems(object, topology)];
      return wrong.length > 0 ? [...wrong, rulesUnchecked] : checkRules(object, before);
    },
    counted: (object) => without(object, "apiVersion", "kind", "metadata", ...(hasStatus ? ["status"] : [])),
  };
}

function normalized(object: StoredObject, schema: Schema): { object: StoredObject; unknown: string[] } {
  const { apiVersion, kind, metadata, ...content } = object;
  const unknown: string[] = [];
  const filled = withDefaults(prune(content, schema, "", unknown), schema);
  const whole = { ...(isObject(filled) ? filled : {}), apiVersion, kind, metadata };
  return { object: asStoredObject(whole) ?? object, unknown };
}
