import { expect, it } from "vitest";
import { writeBundle } from "../../operator/api/bundle.ts";
import { readBundle } from "./bundle.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const buffer = (text: string | Uint8Array): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer;

it("reads what the operator writes", () => {
  const wasm = Uint8Array.from([0, 0x61, 0x73, 0x6d, 10, 13]);
  const bundle = writeBundle([
    ["app.js", bytes("export {};\nconst text = 'grüße';\n")],
    ["app.core.wasm", wasm],
    ["empty.wasm", new Uint8Array()],
  ]);
  expect(readBundle(buffer(bundle))).toEqual({
    "app.js": "export {};\nconst text = 'grüße';\n",
    "app.core.wasm": { wasm: wasm.buffer },
    "empty.wasm": { wasm: new ArrayBuffer(0) },
  });
});

it.each([
  ["no bytes", ""],
  ["a module that is no bundle", "export default {};"],
  ["an index that is no list", "{}\n"],
  ["a part without a length", '[["app.js"]]\n'],
  ["a part of a negative length", '[["app.js",-1]]\n'],
  ["a part in place of the shim", '[["main.js",1]]\nx'],
  ["parts that are too short", '[["app.js",9]]\nshort'],
  ["bytes beyond the parts", '[["app.js",1]]\nlonger'],
])("refuses %s", (_title, text) => {
  expect(() => readBundle(buffer(text))).toThrow();
});
