import { gzipSync } from "node:zlib";
import { expect, it } from "vitest";
import { image } from "../../../test/kit/artifact.ts";
import type { Packing } from "./layout.ts";
import { moduleIn } from "./unpack.ts";

const module = "\0asm\x01\0\0\0";
const limits = { title: "Layer x", maxSize: 64 * 1024 };
const unpack = (bytes: Uint8Array, packing: Packing) => moduleIn(Buffer.from(bytes), packing, limits);

async function layerOf(files: Readonly<Record<string, string>>, compression: "none" | "gzip" | "zstd") {
  return (await image(files, compression)).blobs[1]?.bytes ?? new Uint8Array();
}

it.each([
  ["none", "Tar"],
  ["gzip", "TarGzip"],
  ["zstd", "TarZstd"],
] as const)("finds the module among other files with compression %s", async (compression, packing) => {
  const files = { LICENSE: "MIT", "app/checkout.wasm": module, "app/checkout.wasm.map": "x" };
  const found = await unpack(await layerOf(files, compression), packing);
  expect(Buffer.from(found).toString()).toBe(module);
});

it("refuses an image with no module or with two", async () => {
  await expect(unpack(await layerOf({ "bin/sh": "x" }, "gzip"), "TarGzip")).rejects.toThrow(
    "Layer x has 0 files that end in .wasm",
  );
  const two = { "a.wasm": module, "b.wasm": module };
  await expect(unpack(await layerOf(two, "gzip"), "TarGzip")).rejects.toThrow("has 2 files");
});

it("stops a layer that unpacks to more than may be", async () => {
  const bomb = await layerOf({ "a.wasm": "0".repeat(1024 * 1024) }, "gzip");
  expect(bomb.length).toBeLessThan(limits.maxSize);
  await expect(unpack(bomb, "TarGzip")).rejects.toMatchObject({ reason: "ModuleTooLarge" });
});

it.each([
  ["no compression at all", Buffer.from("plain"), "TarGzip"],
  ["no archive", gzipSync(Buffer.alloc(1024, "x")), "TarGzip"],
  ["an archive that is cut off", undefined, "Tar"],
] as const)("refuses %s", async (_what, bytes, packing) => {
  const cut = (await layerOf({ "a.wasm": "x".repeat(2000) }, "none")).subarray(0, 1500);
  await expect(unpack(bytes ?? cut, packing)).rejects.toMatchObject({ reason: "LayoutUnsupported" });
});
