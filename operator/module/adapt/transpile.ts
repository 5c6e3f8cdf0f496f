/** A component of wasi:http as an ES module with its core modules beside it. */
import { $init, generate } from "@bytecodealliance/jco-transpile/component";
import { entryModule, writeBundle } from "../../api/bundle.ts";

/** What waits, so that the module's stack is put aside until it goes on (JSPI). */
const asyncMode = {
  tag: "jspi" as const,
  val: {
    imports: [
      "wasi:io/poll#poll",
      "wasi:io/poll#[method]pollable.block",
      "wasi:io/streams#[method]input-stream.blocking-read",
      "wasi:io/streams#[method]input-stream.blocking-skip",
      "wasi:io/streams#[method]output-stream.blocking-flush",
      "wasi:io/streams#[method]output-stream.blocking-write-and-flush",
      "wasi:io/streams#[method]output-stream.blocking-write-zeroes-and-flush",
      "wasi:io/streams#[method]output-stream.blocking-splice",
    ],
    exports: ["wasi:http/incoming-handler#handle"],
  },
};

/**
 * The bundle of a component: `app.js` exports `instantiate`, and `coreModules` by the names that it asks for. Errors: what
 * the transpiler says of a component that it cannot take.
 */
export async function transpile(component: Uint8Array): Promise<Buffer> {
  await $init;
  const { files } = generate(component, {
    name: entryModule.replace(/\.js$/, ""),
    instantiation: { tag: "async" },
    asyncMode,
    noNodejsCompat: true,
    noTypescript: true,
    noComponentErrorWrapping: true,
    base64Cutoff: 0,
  });
  const cores = files.filter(([name]) => name.endsWith(".wasm"));
  const script = files.find(([name]) => name === entryModule)?.[1];
  if (script === undefined) throw new Error("the transpiler made no module");
  return writeBundle([[entryModule, withCores(script, cores)], ...cores]);
}

function withCores(
  script: Uint8Array,
  cores: readonly (readonly [name: string, bytes: Uint8Array])[],
): Buffer {
  const imports = cores.map(([name], index) => `import core${index} from "${name}";\n`);
  const members = cores.map(([name], index) => `"${name}": core${index}`);
  return Buffer.concat([
    Buffer.from(imports.join("")),
    script,
    Buffer.from(`\nexport const coreModules = { ${members.join(", ")} };\n`),
  ]);
}
