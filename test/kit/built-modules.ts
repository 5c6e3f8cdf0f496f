/** What the operator's image has beside it for an edge that others run, built from the source as it is now. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildHostedModules, type HostedEdge } from "../../edge/build.ts";

export interface BuiltModules {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function builtModules(edge: HostedEdge): Promise<BuiltModules> {
  const folder = await mkdtemp(join(tmpdir(), `ebb-${edge}-modules-`));
  await buildHostedModules(edge, folder);
  return { folder, remove: () => rm(folder, { recursive: true }) };
}
