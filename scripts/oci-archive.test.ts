import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { writeOciArchive } from "./oci-archive.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "oci-archive-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Unpacked {
  readonly index: { manifests: [{ digest: string; annotations: Record<string, string> }] };
  readonly manifest: { config: { digest: string }; layers: [{ digest: string }] };
  readonly config: { config: Record<string, unknown>; rootfs: { diff_ids: string[] } };
  /** The layer as `tar -tv` lists it. */
  readonly listing: string;
  /** Folder with the layer's files. */
  readonly root: string;
}

/** Unpacks an archive with the machine's tar, so that the writer is not judged by its own reader. */
function unpack(archive: string): Unpacked {
  const [layout, root] = [`${archive}-layout`, `${archive}-root`];
  for (const path of [layout, root]) mkdirSync(path);
  execFileSync("tar", ["-xf", archive, "-C", layout]);
  const blob = (digest: string): string => join(layout, "blobs", digest.replace(":", "/"));
  const index = JSON.parse(readFileSync(join(layout, "index.json"), "utf8")) as Unpacked["index"];
  const manifest = JSON.parse(readFileSync(blob(index.manifests[0].digest), "utf8")) as Unpacked["manifest"];
  const config = JSON.parse(readFileSync(blob(manifest.config.digest), "utf8")) as Unpacked["config"];
  const layer = blob(manifest.layers[0].digest);
  execFileSync("tar", ["-xzf", layer, "-C", root]);
  return {
    index,
    manifest,
    config,
    root,
    listing: execFileSync("tar", ["-tvzf", layer], { encoding: "utf8" }),
  };
}

describe("writeOciArchive", () => {
  test("gives an archive whose files, links and modes are those asked for", async () => {
    const source = join(folder, "tool");
    writeFileSync(source, "#!/bin/sh\n");
    chmodSync(source, 0o700);
    const out = join(folder, "a.tar");
    const { unpackedBytes } = await writeOciArchive({
      name: "ebb.local/tool:1",
      files: [
        { path: "/usr/local/bin/tool", from: source },
        { path: "/etc/tool.json", content: "{}", mode: 0o600 },
        { path: "/lib", linkTo: "usr/lib" },
        { path: "/data", directory: true, mode: 0o777 },
      ],
      entrypoint: ["/usr/local/bin/tool"],
      cmd: ["run"],
      env: { A: "1" },
      user: "65532:65532",
      workdir: "/data",
      out,
    });
    const { index, config, listing, root } = unpack(out);
    expect(readFileSync(join(root, "usr/local/bin/tool"), "utf8")).toBe("#!/bin/sh\n");
    expect(unpackedBytes).toBe("#!/bin/sh\n".length + 2);
    const lines = listing
      .trim()
      .split("\n")
      .map((line) => line.replace(/\s+\d+ 1970-01-01 \S+/, ""));
    expect(lines).toEqual([
      "drwxrwxrwx 0/0 data/",
      "drwxr-xr-x 0/0 etc/",
      "-rw------- 0/0 etc/tool.json",
      "lrwxrwxrwx 0/0 lib -> usr/lib",
      "drwxr-xr-x 0/0 usr/",
      "drwxr-xr-x 0/0 usr/local/",
      "drwxr-xr-x 0/0 usr/local/bin/",
      "-rwxr-xr-x 0/0 usr/local/bin/tool",
    ]);
    expect(config.config).toEqual({
      Entrypoint: ["/usr/local/bin/tool"],
      Cmd: ["run"],
      Env: ["PATH=/usr/local/bin:/usr/bin:/bin", "A=1"],
      User: "65532:65532",
      WorkingDir: "/data",
    });
    expect(index.manifests[0].annotations).toEqual({
      "io.containerd.image.name": "ebb.local/tool:1",
      "org.opencontainers.image.ref.name": "1",
    });
  });

  test("names every blob by its own digest and the layer by that of its unpacked bytes", async () => {
    const out = join(folder, "a.tar");
    const { digest } = await writeOciArchive({
      name: "x:1",
      files: [{ path: "/a", content: "a" }],
      entrypoint: ["/a"],
      out,
    });
    const { index, manifest, config } = unpack(out);
    expect(index.manifests[0].digest).toBe(digest);
    const layer = readFileSync(join(`${out}-layout`, "blobs", manifest.layers[0].digest.replace(":", "/")));
    expect(`sha256:${createHash("sha256").update(layer).digest("hex")}`).toBe(manifest.layers[0].digest);
    const unpacked = execFileSync("gzip", ["-dc"], { input: layer });
    expect(config.rootfs.diff_ids).toEqual([`sha256:${createHash("sha256").update(unpacked).digest("hex")}`]);
  });

  test("gives the same bytes for folders that differ in time, order of creation and umask", async () => {
    const archives = await Promise.all(
      [
        ["a", "b"],
        ["b", "a"],
      ].map(async (names, at) => {
        const rootfs = join(folder, `root${at}`);
        mkdirSync(join(rootfs, "bin"), { recursive: true, mode: at === 0 ? 0o755 : 0o700 });
        for (const name of names) {
          const path = join(rootfs, "bin", name);
          writeFileSync(path, name, { mode: at === 0 ? 0o644 : 0o600 });
          utimesSync(path, 1000 + at, 1000 + at);
        }
        symlinkSync("bin", join(rootfs, "sbin"));
        const out = join(folder, `${at}.tar`);
        await writeOciArchive({ name: "x:1", rootfs, entrypoint: ["/bin/a"], out });
        return readFileSync(out);
      }),
    );
    expect(archives[0]?.equals(archives[1] ?? Buffer.of())).toBe(true);
  });

  test("keeps long paths whole", async () => {
    const path = `/${"folder/".repeat(20)}${"name".repeat(20)}`;
    const out = join(folder, "a.tar");
    await writeOciArchive({ name: "x:1", files: [{ path, content: "deep" }], entrypoint: ["/a"], out });
    expect(readFileSync(join(unpack(out).root, path), "utf8")).toBe("deep");
  });

  test("refuses a path given twice and leaves nothing behind", async () => {
    const files = [
      { path: "/a", content: "1" },
      { path: "a/", content: "2" },
    ];
    const out = join(folder, "a.tar");
    await expect(writeOciArchive({ name: "x:1", files, entrypoint: ["/a"], out })).rejects.toThrow(
      "image path is given twice: /a",
    );
    expect(execFileSync("ls", [folder], { encoding: "utf8" })).toBe("");
  });
});
