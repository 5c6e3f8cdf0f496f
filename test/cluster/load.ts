/** Images for the cluster's pods. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { nodeBinaries } from "./binaries.ts";
import type { Layout } from "./layout.ts";
import { MachineError } from "./machine.ts";
import { run } from "./run.ts";

/** Imports an OCI image archive, so that pods can use it by the name it carries. */
export async function loadImage(layout: Layout, archive: string): Promise<void> {
  if (!existsSync(layout.containerdSocket)) {
    throw new MachineError(
      `Cluster ${layout.name} is down: bring it up first with \`npm run cluster -- up\`.`,
    );
  }
  const ctr = join(await nodeBinaries(), "ctr");
  await run(ctr, [
    "--address",
    layout.containerdSocket,
    "--namespace",
    "k8s.io",
    "images",
    "import",
    archive,
  ]);
}
