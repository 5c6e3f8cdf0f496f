/** One version of a script, as the upload's multipart form says it. */
import { randomUUID } from "node:crypto";

interface Binding {
  readonly name: string;
  readonly type: string;
  readonly text?: string;
}

export interface Version {
  readonly id: string;
  readonly number: number;
  readonly createdOn: string;
  readonly tag: string;
  readonly message: string | undefined;
  readonly compatibilityDate: string;
  readonly compatibilityFlags: readonly string[];
  /** Milliseconds that a request may compute; only told, workerd measures none. */
  readonly cpuMs: number | undefined;
  readonly mainModule: string;
  readonly modules: readonly { readonly name: string; readonly type: string; readonly bytes: Buffer }[];
  readonly bindings: readonly Binding[];
}

export interface Metadata {
  readonly main_module?: string;
  readonly compatibility_date?: string;
  readonly compatibility_flags?: readonly string[];
  readonly limits?: { readonly cpu_ms?: number };
  readonly bindings?: readonly Binding[];
  readonly tags?: readonly string[];
  readonly keep_bindings?: readonly string[];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** What the API refuses, in its own words. */
export class Refused extends Error {
  readonly status: number;
  readonly code: number;

  constructor(status: number, code: number, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Types of modules that are not run: source maps. */
const skipped = "application/source-map";

export async function readUpload(
  request: Request,
  sizeLimit: number,
): Promise<{ readonly metadata: Metadata; readonly modules: Version["modules"] }> {
  const form = await request.formData().catch((cause: unknown) => {
    throw Object.assign(new Refused(400, 10026, "Could not parse the multipart form."), { cause });
  });
  const metadata = JSON.parse(await textOf(form.get("metadata"))) as Metadata;
  const files = [...form.entries()].filter((entry): entry is [string, File] => entry[1] instanceof File);
  const modules = await Promise.all(
    files
      .filter(([name, file]) => name !== "metadata" && file.type !== skipped)
      .map(async ([, file]) => ({
        name: file.name.replace(/^\.\//, ""),
        type: file.type,
        bytes: Buffer.from(await file.arrayBuffer()),
      })),
  );
  const size = modules.reduce((sum, { bytes }) => sum + bytes.length, 0);
  if (size > sizeLimit)
    throw new Refused(413, 10027, `Your Worker exceeded the size limit of ${sizeLimit} bytes.`);
  if (!modules.some(({ name }) => name === metadata.main_module))
    throw new Refused(400, 10021, `No such module "${metadata.main_module}".`);
  return { metadata, modules };
}

async function textOf(part: FormDataEntryValue | null): Promise<string> {
  if (part === null) throw new Refused(400, 10026, "The form has no metadata.");
  return typeof part === "string" ? part : part.text();
}

/** former is the version whose secrets are kept where the metadata asks for it. */
export function versionOf(
  { metadata, modules }: { readonly metadata: Metadata; readonly modules: Version["modules"] },
  number: number,
  former?: Version,
): Version {
  const { bindings = [], keep_bindings = [], annotations = {} } = metadata;
  const kept = (former?.bindings ?? []).filter(
    ({ name, type }) => keep_bindings.includes(type) && !bindings.some((other) => other.name === name),
  );
  return {
    id: randomUUID(),
    number,
    createdOn: new Date().toISOString(),
    tag: annotations["workers/tag"] ?? "",
    message: annotations["workers/message"],
    compatibilityDate: metadata.compatibility_date ?? "2026-10-01",
    compatibilityFlags: metadata.compatibility_flags ?? [],
    cpuMs: metadata.limits?.cpu_ms,
    mainModule: metadata.main_module ?? "",
    modules,
    bindings: [...bindings, ...kept],
  };
}
