/** TypeScript types of a CRD's spec and status, as the API server gives them: every default is filled in. */
import { compile } from "json-schema-to-typescript";
import type { Crd, Schema } from "./crd.ts";

type JsonSchema = Parameters<typeof compile>[0];

const banner = "/** Made from crds/ by `npm run generate`; do not edit. */\n";

/** The text of a module that exports `<Kind>Spec`, `<Kind>Status` and a type for each object inside them. */
export async function typesOf(crd: Crd): Promise<string> {
  const spec = await declarations(crd.parts.spec, `${crd.kind}Spec`);
  const status = await declarations(crd.parts.status, `${crd.kind}Status`);
  return `${banner}\n${spec}\n${status}`;
}

async function declarations(schema: Schema, name: string): Promise<string> {
  const text = await compile(titled(schema, name), name, {
    additionalProperties: false,
    bannerComment: "",
    ignoreMinAndMaxItems: true,
    style: { printWidth: 110, semi: true, singleQuote: false },
  });
  return text
    .replaceAll(/^( +)(?=[\w"[]+.*: )(?! \*)/gm, "$1readonly ")
    .replaceAll(/: (\w+)\[\];/g, ": readonly $1[];");
}

/** The compiler gives each object with a title a type of its own. */
function titled(schema: Schema, title: string): JsonSchema {
  const { properties, items, additionalProperties, anyOf, required = [] } = schema;
  const named = properties === undefined ? {} : { title };
  return {
    ...named,
    ...(schema.type === undefined ? {} : { type: schema.type as "object" }),
    ...(schema.description === undefined ? {} : { description: schema.description }),
    ...(schema.enum === undefined ? {} : { enum: [...schema.enum] }),
    ...(items === undefined ? {} : { items: titled(items, singular(title)) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((choice) => titled(choice, title)) }),
    ...(additionalProperties === undefined
      ? {}
      : { additionalProperties: titled(additionalProperties, title) }),
    ...(properties === undefined ? {} : objectSchema(properties, required, title)),
  };
}

/** A property with a default is always there in what the API server returns. */
function objectSchema(
  properties: Readonly<Record<string, Schema>>,
  required: readonly string[],
  title: string,
): JsonSchema {
  const entries = Object.entries(properties);
  const defaulted = entries.filter(([, schema]) => schema.default !== undefined).map(([name]) => name);
  return {
    properties: Object.fromEntries(
      entries.map(([name, schema]) => [name, titled(schema, title + capital(name))]),
    ),
    required: [...required, ...defaulted],
  };
}

function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function singular(title: string): string {
  return title.replace(/s$/, "");
}
