import { expect, it } from "vitest";
import { isWasiPreview1Function } from "../../operator/module/wasi-preview1.ts";
import { wasiImportNames } from "./import-names.ts";

it("offers every function that the operator's inspection lets pass", () => {
  expect(wasiImportNames.filter((name) => !isWasiPreview1Function(name))).toEqual([]);
  expect(wasiImportNames).toHaveLength(46);
});
