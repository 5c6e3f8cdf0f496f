import { expect, it } from "vitest";
import { offeredInterfaces } from "../../operator/module/wasi-http.ts";
import { wasiImports } from "./imports.ts";
import { LogSink } from "./log-sink.ts";

it("has every interface that the operator's inspection lets pass, and no other", () => {
  const sink = new LogSink(() => undefined);
  const imports = wasiImports({ method: "GET", env: {}, stdout: sink, stderr: sink, tell: () => undefined });
  expect(Object.keys(imports).toSorted()).toEqual([...offeredInterfaces].toSorted());
});
