import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { transpile } from "../../operator/module/adapt/transpile.ts";
import { repository } from "./base.ts";
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
    expect(readBill("b", image)).toEqual(readBill("a", image));
  });

  test.skipIf(process.getuid?.() !== 0)(
    "runs as nobody with nothing but its own files, each in the bill of materials",
    () => {
      const { root, config } = unpack(join(folder, "a", `${image}.tar`));
      expect(config.User).toBe("65532:65532");
      const { command, prints } = proofs[image];
      const printed = execFileSync("chroot", ["--userspec=65532:65532", root, ...command], {
        encoding: "utf8",
        env: { PATH: process.env["PATH"] },
      });
      expect(printed.trim()).toMatch(prints);
      const { components } = readBill("a", image);
      const listed = components.filter(({ type }) => type === "file");
      expect(Object.fromEntries(listed.map((file) => [file.name, file.hashes?.[0]?.content]))).toEqual(
        digestsBelow(root),
      );
      const owned = new Set(
        components.flatMap(({ evidence }) => evidence?.occurrences ?? []).map(({ location }) => location),
      );
      const ours =
        /^\/(app\/([a-z]+\.mjs|(cloudflare|deno)\/[a-z-]+\.js)|etc\/(passwd|group|ebb\/edge\/[a-z.-]+))$/;
      expect(listed.map(({ name }) => name).filter((path) => !ours.test(path) && !owned.has(path))).toEqual(
        [],
      );
    },
  );
});

test.skipIf(process.getuid?.() !== 0)(
  "the operator's image makes components ready as the source does",
  async () => {
    const root = join(folder, "a", "operator.tar-root");
    const component = readFileSync(join(repository, "bench/peers/wasi-http-hello/hello.wasm"));
    const options = { input: component, maxBuffer: 1 << 24, env: { PATH: process.env["PATH"] } };
    const command = ["--userspec=65532:65532", root, "/bin/node", "/app/transpiler.mjs"];
    expect(execFileSync("chroot", command, options).equals(await transpile(component))).toBe(true);
  },
);

test("the bill of materials says of the operator's packages what npm says", () => {
  const npm = execFileSync("npm", ["sbom", "--package-lock-only", "--sbom-format=cyclonedx"], {
    cwd: repository,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  const known = new Map((JSON.parse(npm) as Bill).components.map((component) => [component.purl, component]));
  const packages = readBill("a", "operator").components.filter(({ purl }) => purl?.startsWith("pkg:npm/"));
  expect(packages.map(({ name }) => name)).toContain("@kubernetes/client-node");
  // npm leaves out exceptions of licenses.
  const plain = JSON.stringify(packages.map(told)).replaceAll(
    /"expression":"([^" ]+) WITH [^"]+"/g,
    '"license":{"id":"$1"}',
  );
  expect(JSON.parse(plain)).toEqual(packages.map(({ purl }) => told(known.get(purl))));
});

function told(of: Component | undefined): Partial<Component> {
  const { purl, version, hashes, licenses } = of ?? {};
  return { purl, version, hashes, licenses };
}

interface Component {
  readonly type: string;
  readonly name: string;
  readonly version: string | undefined;
  readonly purl: string | undefined;
  readonly hashes: readonly { readonly alg: string; readonly content: string }[] | undefined;
  readonly licenses?: unknown;
  readonly evidence?: { readonly occurrences: readonly { readonly location: string }[] };
}

interface Bill {
  readonly components: readonly Component[];
}

function readBill(built: "a" | "b", image: ImageName): Bill {
  return JSON.parse(readFileSync(join(folder, built, `${image}.cdx.json`), "utf8")) as Bill;
}

/** SHA-256 of every file below the root, by its path in the image. */
function digestsBelow(root: string): Record<string, string> {
  const paths = readdirSync(root, { recursive: true, encoding: "utf8" });
  const files = paths.filter((path) => statSync(join(root, path)).isFile());
  const digest = (path: string): string =>
    createHash("sha256")
      .update(readFileSync(join(root, path)))
      .digest("hex");
  return Object.fromEntries(files.map((path) => [`/${path}`, digest(path)]));
}
