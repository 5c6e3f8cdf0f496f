/** What runs in the cluster for the cluster: its name server and the rights of its ingress controller. */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { corednsManifests } from "./coredns.ts";
import type { Image } from "./images.ts";
import { ingressManifests } from "./ingress.ts";
import type { Layout } from "./layout.ts";
import { loadImage } from "./load.ts";
import { run } from "./run.ts";
import { kubectlBinary } from "./tools/kubectl.ts";
import { writeWhole } from "./write-whole.ts";

/** Loads the images and applies the manifests when they are not those of the last time. */
export async function installAddons(layout: Layout, images: { pause: Image; coredns: Image }): Promise<void> {
  const manifests = [...corednsManifests(images.coredns.name), ...ingressManifests()];
  const record = join(layout.state, "addons.json");
  const wanted = JSON.stringify([images, manifests]);
  if (existsSync(record) && (await readFile(record, "utf8")) === wanted) return;
  for (const { archive } of Object.values(images)) await loadImage(layout, archive);
  const input = JSON.stringify({ apiVersion: "v1", kind: "List", items: manifests });
  const apply = ["apply", "--server-side", "--force-conflicts", "--field-manager=ebb-cluster", "-f", "-"];
  await run(await kubectlBinary(), ["--kubeconfig", layout.kubeconfig, ...apply], { input });
  await writeWhole(record, wanted);
}
