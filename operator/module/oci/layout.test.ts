import { describe, expect, it } from "vitest";
import { artifact, blob, image, index, layouts } from "../../../test/kit/artifact.ts";
import { readManifest } from "./layout.ts";

const module = "\0asm\x01\0\0\0";
const read = (bytes: Uint8Array) => readManifest(bytes, "r.example.com/a");

describe("the layout of", () => {
  it.each(Object.entries(layouts))("%s gives its module as it is", (_name, layout) => {
    const pushed = layout(module);
    const layer = pushed.blobs.find(({ bytes }) => Buffer.from(bytes).toString() === module);
    expect(read(pushed.bytes)).toMatchObject({
      kind: "Artifact",
      layer: { digest: layer?.digest, size: module.length, packing: "Plain" },
    });
  });

  it.each([
    ["none", "Tar"],
    ["gzip", "TarGzip"],
    ["zstd", "TarZstd"],
  ] as const)("an image with compression %s gives a layer to unpack", async (compression, packing) => {
    const pushed = await image({ "app.wasm": module }, compression);
    expect(read(pushed.bytes)).toMatchObject({ layer: { packing, digest: pushed.blobs[1]?.digest } });
  });

  it("Docker's own images is known too", () => {
    const layer = blob("application/vnd.docker.image.rootfs.diff.tar.gzip", "x");
    const config = blob("application/vnd.docker.container.image.v1+json", "{}");
    const type = "application/vnd.docker.distribution.manifest.v2+json";
    expect(read(artifact(config, [layer], type).bytes)).toMatchObject({ layer: { packing: "TarGzip" } });
  });

  it("an index leads to the manifest for wasm, past those of others and of attestations", () => {
    const [wasm, amd64] = [layouts.cncf(module), layouts.cncf("other")];
    const entries = [
      { artifact: amd64, architecture: "amd64" },
      { artifact: wasm, architecture: "wasm" },
      { artifact: layouts.cncf("attestation"), architecture: "unknown" },
    ];
    expect(read(index(entries).bytes)).toMatchObject({ kind: "Index", chosen: { digest: wasm.digest } });
    expect(read(index(entries.slice(2).concat(entries.slice(0, 1))).bytes)).toMatchObject({
      chosen: { digest: amd64.digest },
    });
    expect(() => read(index([...entries, { artifact: amd64, architecture: "wasm" }]).bytes)).toThrow(
      "is an index of the architectures amd64, wasm, unknown, wasm; it must have exactly one for wasm",
    );
  });
});

describe("a manifest is refused when", () => {
  const wasm = blob("application/wasm", module);
  const config = blob("application/vnd.wasm.config.v0+json", "{}");
  const spin = blob("application/vnd.fermyon.spin.application.v1+config", "{}");
  const component = blob("application/vnd.wasm.content.layer.v1+wasm", module);

  it.each([
    [
      "a Wasm artifact has two layers",
      artifact(config, [wasm, blob("text/plain", "README")]),
      "has 2 layers",
    ],
    ["it has none", artifact(config, []), "has no layer"],
    [
      "its layer is something else",
      artifact(config, [blob("application/zip", "x")]),
      "has a layer of the type application/zip",
    ],
    [
      "a Spin application has two components",
      artifact(spin, [component, blob("application/vnd.wasm.content.layer.v1+wasm", "b")]),
      "is a Spin application of 2 components",
    ],
    [
      "a Spin application has files",
      artifact(spin, [component, blob("application/vnd.wasm.content.layer.v1+data", "b")]),
      "is a Spin application with files",
    ],
  ])("%s", (_why, pushed, says) => {
    expect(() => read(pushed.bytes)).toThrow(`r.example.com/a ${says}`);
  });

  it.each([
    ["it is no JSON", "nothing", "no JSON object"],
    ["it is of the first version", '{"schemaVersion":1,"fsLayers":[]}', "another kind than"],
    [
      "a layer has no digest",
      '{"layers":[{"mediaType":"application/wasm","size":1}]}',
      "without its type, digest",
    ],
    [
      "a size is no number of bytes",
      `{"layers":[{"mediaType":"application/wasm","digest":"sha256:${"0".repeat(64)}","size":-1}]}`,
      "without its type, digest or size",
    ],
    [
      "a digest is of another kind",
      `{"layers":[{"mediaType":"application/wasm","digest":"sha512:${"0".repeat(128)}","size":1}]}`,
      "another kind than sha256",
    ],
  ])("%s", (_why, text, says) => {
    expect(() => read(Buffer.from(text))).toThrow(says);
  });
});
