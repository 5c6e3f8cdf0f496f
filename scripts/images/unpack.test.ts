import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ImageFile, writeOciArchive } from "../oci-archive.ts";
import { unpackFiles } from "./unpack.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "unpack-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("a folder gets what the archive's layer holds, whatever the umask is", async () => {
  writeFileSync(join(folder, "tool"), "#!/bin/sh\n", { mode: 0o700 });
  const files: ImageFile[] = [
    { path: "/bin/tool", from: join(folder, "tool") },
    { path: "/bin/other", linkTo: "tool" },
    { path: "/etc/secret", content: "s", mode: 0o600 },
    { path: "/tmp", directory: true, mode: 0o1777 },
  ];
  const former = process.umask(0o077);
  try {
    await unpackFiles(files, join(folder, "unpacked"));
  } finally {
    process.umask(former);
  }
  const archive = join(folder, "image.tar");
  await writeOciArchive({ name: "x:1", files, entrypoint: ["/bin/tool"], out: archive });
  expect(listing(join(folder, "unpacked"))).toBe(listing(layerOf(archive)));
});

test("a folder that is there is not written over", async () => {
  await expect(unpackFiles([], folder)).rejects.toThrow("EEXIST");
});

/** The folder with the archive's only layer. */
function layerOf(archive: string): string {
  const [layout, root] = [`${archive}-layout`, `${archive}-root`];
  for (const path of [layout, root]) mkdirSync(path);
  execFileSync("tar", ["-xf", archive, "-C", layout]);
  const sh = `find ${layout}/blobs -type f -size +0 -exec sh -c 'gzip -t "$1" 2>/dev/null && tar -xpzf "$1" -C "$2"' - {} ${root} ';'`;
  execFileSync("sh", ["-c", sh]);
  return root;
}

/** Mode, time, path, link target and bytes of everything below the folder. */
function listing(root: string): string {
  const print =
    "find . -mindepth 1 -printf '%m %T@ %p %l\\n' | sort && find . -type f | sort | xargs sha256sum";
  return execFileSync("sh", ["-c", print], { cwd: root, encoding: "utf8" });
}
