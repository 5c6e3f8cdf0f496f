/** One version of a function as the multipart form that Cloudflare takes. */
import { File } from "node:buffer";
import { extname } from "node:path";
import { FormData } from "undici";
import type { WorkerBundle } from "../../api/worker-bundle.ts";
import type { Artifact } from "../provider.ts";
import { ownCode, settingsModule } from "../hosted/modules.ts";
import type { Shims } from "../hosted/shims.ts";

/** A version that names no day of its own runs as workerd did at this one; the pool's is the same. */
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

/** What Cloudflare takes a module for, by the end of its name; text unless it is here. */
const contentTypes: Readonly<Record<string, string>> = {
  ".js": "application/javascript+module",
  ".mjs": "application/javascript+module",
  ".wasm": "application/wasm",
  ".bin": "application/octet-stream",
};

export interface UploadOptions {
  readonly version: string;
  readonly shims: Shims;
  /** Of a new script. */
  readonly tags?: readonly string[];
}

/** Errors: those of artifact.bytes; UploadTooLarge. */
export async function uploadOf(artifact: Artifact, options: UploadOptions): Promise<FormData> {
  const code = ownCode(artifact.abi, await artifact.bytes());
  const own = { compatibilityDate, compatibilityFlags: [], ...code };
  const modules = [...addedModules(artifact, options.shims), ...own.modules];
  const size = modules.reduce((sum, [, content]) => sum + Buffer.byteLength(content), 0);
  if (size > sizeLimit)
    throw new UploadTooLarge(
      `The module has ${size} bytes with what Ebb puts before it; Cloudflare takes at most ${sizeLimit}. Make it smaller.`,
    );
  const form = new FormData();
  form.set("metadata", JSON.stringify(metadataOf(artifact, own, options)));
  for (const [name, content] of modules) {
    const type = contentTypes[extname(name)] ?? "text/plain";
    form.set(name, new File([content], name, { type }), name);
  }
  return form;
}

/** Names begin with `ebb-`. The fence is evaluated before anything of the function. */
function addedModules(artifact: Artifact, { fence, byAbi }: Shims): [name: string, content: string][] {
  return [
    [mainModule, 'import "ebb-fence.js";\nexport { default } from "ebb-shim.js";\n'],
    ["ebb-fence.js", fence],
    ["ebb-shim.js", byAbi[artifact.abi]],
    ["ebb-settings.js", settingsModule(artifact)],
  ];
}

function metadataOf(
  { env, secretEnv = {}, cpuTime }: Artifact,
  code: Pick<WorkerBundle, "compatibilityDate" | "compatibilityFlags">,
  { version, tags }: UploadOptions,
): object {
  return {
    main_module: mainModule,
    compatibility_date: code.compatibilityDate,
    compatibility_flags: code.compatibilityFlags,
    bindings: [
      { name: versionBinding, type: "version_metadata" },
      ...Object.entries(env).map(([name, text]) => ({ name, type: "plain_text", text })),
      ...Object.entries(secretEnv).map(([name, { value }]) => ({ name, type: "secret_text", text: value })),
    ],
    ...(cpuTime === undefined ? {} : { limits: { cpu_ms: cpuTime } }),
    annotations: { "workers/tag": version, "workers/message": "published by Ebb" },
    ...(tags === undefined ? {} : { tags }),
  };
}
