import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { buildImage } from "./build.ts";
import { definitions, type ImageName } from "./definitions.ts";

/** A command of each image that needs every library, and what it prints. */
const proofs: Readonly<Record<ImageName, { command: string[]; prints: RegExp }>> = {
  operator: { command: ["/bin/node", "--check", "/app/operator.mjs"], prints: /^$/ },
  edge: { command: ["/usr/local/bin/workerd", "--version"], prints: /^workerd / },
  gateway: { command: ["/usr/local/bin/envoy", "--version"], prints: /version: .*1\.40\.0/ },
  "auth-container": { command: ["/bin/node", "--check", "/app/auth.mjs"], prints: /^$/ },
  prober: { command: ["/bin/node", "--check", "/app/prober.mjs"], prints: /^$/ },
};
const images = Object.keys(proofs) as ImageName[];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "definitions-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Config {
  readonly config: { readonly User?: string; readonly Entrypoint: string[] };
}

/** Unpacks the archive's only layer and gives its folder and the image's settings. */
function unpack(archive: string): { root: string; config: Config["config"] } {
  const [layout, root] = [`${archive}-layout`, `${archive}-root`];
  for (const path of [layout, root]) mkdirSync(path);
  execFileSync("tar", ["-xf", archive, "-C", layout]);
  const read = (digest: string): string => join(layout, "blobs", digest.replace(":", "/"));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as {
    manifests: [{ digest: string }];
  };
  const manifest = JSON.parse(readFileSync(read(index.manifests[0].digest), "utf8")) as {
    config: { digest: string };
    layers: [{ digest: string }];
  };
  execFileSync("tar", ["-xzf", read(manifest.layers[0].digest), "-C", root]);
  return { root, config: (JSON.parse(readFileSync(read(manifest.config.digest), "utf8")) as Config).config };
}

describe.each(images)("the image %s", (image) => {
  test("has the same name and digest wherever it is built", { timeout: 120_000 }, async () => {
    const [a, b] = [
      await buildImage(image, definitions[image], join(folder, "a")),
      await buildImage(image, definitions[image], join(folder, "b")),
    ];
    expect([b.name, b.digest, b.rebuilt]).toEqual([a.name, a.digest, true]);
  });

  test.skipIf(process.getuid?.() !== 0)("runs as nobody with nothing but its own files", () => {
    const { root, config } = unpack(join(folder, "a", `${image}.tar`));
    expect(config.User).toBe("65532:65532");
    const { command, prints } = proofs[image];
    const printed = execFileSync("chroot", ["--userspec=65532:65532", root, ...command], {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] },
    });
    expect(printed.trim()).toMatch(prints);
  });
});
