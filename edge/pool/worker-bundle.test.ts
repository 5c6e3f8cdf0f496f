import { expect, it } from "vitest";
import { writeWorkerBundle } from "../../operator/api/worker-bundle.ts";
import { readWorkerBundle } from "./worker-bundle.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const buffer = (content: Uint8Array): ArrayBuffer => Uint8Array.from(content).buffer;
const settings = { compatibilityDate: "2026-09-01", compatibilityFlags: ["nodejs_compat"] };

it("gives each module of what the operator writes as its kind", () => {
  const modules = [
    ["app.js", bytes("export default 'grüße';\n")],
    ["lib/late.mjs", bytes("")],
    ["sum.wasm", Uint8Array.of(0, 10)],
    ["page.html", bytes("<p>\n")],
    ["bytes.bin", Uint8Array.of(255)],
  ] as const;
  expect(readWorkerBundle(buffer(writeWorkerBundle({ ...settings, modules })))).toEqual({
    ...settings,
    modules: {
      "app.js": { js: "export default 'grüße';\n" },
      "lib/late.mjs": { js: "" },
      "sum.wasm": { wasm: buffer(Uint8Array.of(0, 10)) },
      "page.html": { text: "<p>\n" },
      "bytes.bin": { data: buffer(Uint8Array.of(255)) },
    },
  });
});

it("is none when the bytes are an ES module", () => {
  expect(readWorkerBundle(buffer(bytes("export default {};")))).toBeUndefined();
});

it("is refused when a module is cut off", () => {
  const whole = writeWorkerBundle({ ...settings, modules: [["app.js", bytes("export {};")]] });
  expect(() => readWorkerBundle(buffer(whole.subarray(0, -1)))).toThrow("not as long as it says");
});
