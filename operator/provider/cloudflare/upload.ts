/** One version of a function as the multipart form that Cloudflare takes. */
import { File } from "node:buffer";
import { FormData } from "undici";
import type { Artifact } from "../provider.ts";
import { ownModules, settingsModule } from "../hosted/modules.ts";
import type { Shims } from "../hosted/shims.ts";

/** The version runs as workerd did at that day; the pool's is the same. */
export const compatibilityDate = "2026-10-01";

/** The variable in which Cloudflare tells a version its own id and tag. */
const versionBinding = "EBB_VERSION";

/** Bytes of all modules together that Cloudflare takes, before compression. */
const sizeLimit = 64 * 1024 * 1024;

/** The modules are more than Cloudflare takes; nothing was sent. */
export class UploadTooLarge extends Error {
  override readonly name = "UploadTooLarge";
}

const mainModule = "ebb-main.js";
const script = "application/javascript+module";
const wasm = "application/wasm";

export interface UploadOptions {
  readonly version: string;
  readonly shims: Shims;
  /** Of a new script. */
  readonly tags?: readonly string[];
}

/** Errors: those of artifact.bytes; UploadTooLarge. */
export async function uploadOf(artifact: Artifact, options: UploadOptions): Promise<FormData> {
  const modules = modulesOf(artifact, await artifact.bytes(), options.shims);
  const size = modules.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0);
  if (size > sizeLimit)
    throw new UploadTooLarge(
      `The module has ${size} bytes with what Ebb puts before it; Cloudflare takes at most ${sizeLimit}. Make it smaller.`,
    );
  const form = new FormData();
  form.set("metadata", JSON.stringify(metadataOf(artifact, options)));
  for (const [name, content] of modules) {
    const type = name.endsWith(".wasm") ? wasm : script;
    form.set(name, new File([content], name, { type }), name);
  }
  return form;
}

/** What Ebb adds comes under names that begin with `ebb-`. The fence is evaluated before anything of the function. */
function modulesOf(
  artifact: Artifact,
  bytes: Uint8Array,
  { fence, byAbi }: Shims,
): [name: string, content: string | Uint8Array][] {
  return [
    [mainModule, 'import "ebb-fence.js";\nexport { default } from "ebb-shim.js";\n'],
    ["ebb-fence.js", fence],
    ["ebb-shim.js", byAbi[artifact.abi]],
    ["ebb-settings.js", settingsModule(artifact)],
    ...ownModules(artifact.abi, bytes),
  ];
}

function metadataOf({ env, secretEnv = {} }: Artifact, { version, tags }: UploadOptions): object {
  return {
    main_module: mainModule,
    compatibility_date: compatibilityDate,
    bindings: [
      { name: versionBinding, type: "version_metadata" },
      ...Object.entries(env).map(([name, text]) => ({ name, type: "plain_text", text })),
      ...Object.entries(secretEnv).map(([name, { value }]) => ({ name, type: "secret_text", text: value })),
    ],
    annotations: { "workers/tag": version, "workers/message": "published by Ebb" },
    ...(tags === undefined ? {} : { tags }),
  };
}
