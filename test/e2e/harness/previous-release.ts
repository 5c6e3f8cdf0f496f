/** What people have installed who upgrade to this tree: chart and images of an earlier commit. */
import { mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cached } from "../../../scripts/cache.ts";
import { repository } from "../../../scripts/images/base.ts";
import { run } from "../../cluster/run.ts";

/** The first commit whose listeners are those of today. Set it to the newest version when that is published. */
const commit = "94c9353186de58da185195c28a623fcf5e301d3d";

/** The images that are built from this repository's source. */
const images = ["operator", "edge"] as const;

interface ReleasedImage {
  readonly name: string;
  /** Path of the OCI archive. */
  readonly archive: string;
}

export interface Release {
  /** Folder of the chart. */
  readonly chart: string;
  readonly images: Readonly<Record<(typeof images)[number], ReleasedImage>>;
}

/** False, with the reason printed, when this clone has no history so far back. */
export async function hasPreviousRelease(): Promise<boolean> {
  try {
    await run("git", ["cat-file", "-e", `${commit}^{commit}`], { cwd: repository });
    return true;
  } catch (error) {
    console.log(`NOT RUN: upgrades from commit ${commit}, which this clone lacks (${String(error)})`);
    return false;
  }
}

/** Builds it when it is not in the cache. Errors: git's, when the clone has no history so far back. */
export async function previousRelease(): Promise<Release> {
  const dir = await cached("release", [commit], buildRelease);
  const imageOf = async (image: string): Promise<ReleasedImage> => {
    const record = JSON.parse(await readFile(join(dir, `${image}.json`), "utf8")) as { name: string };
    return { name: record.name, archive: join(dir, `${image}.tar`) };
  };
  return {
    chart: join(dir, "chart"),
    images: { operator: await imageOf("operator"), edge: await imageOf("edge") },
  };
}

/** By its own scripts, with the packages of today. */
async function buildRelease(dir: string): Promise<void> {
  const tree = join(dir, "tree");
  const archive = join(dir, "tree.tar");
  await mkdir(tree);
  await run("git", ["archive", "--output", archive, commit], { cwd: repository });
  await run("tar", ["-xf", archive, "-C", tree]);
  // A link would lead the bills of materials to another folder.
  await run("cp", ["-a", join(repository, "node_modules"), join(tree, "node_modules")]);
  await run(process.execPath, ["scripts/image.ts", ...images], { cwd: tree });
  for (const file of images.flatMap((image) => [`${image}.json`, `${image}.tar`]))
    await rename(join(tree, "dist/images", file), join(dir, file));
  await rename(join(tree, "charts/ebb"), join(dir, "chart"));
  await rm(archive);
  await rm(tree, { recursive: true });
}
