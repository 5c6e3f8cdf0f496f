/** How many plain writes a second the API server takes from one client like the operator's. */
import type { KubeClient } from "../../operator/kube/kube-client.ts";
import { configMaps } from "../../operator/kube/objects.ts";
import { concurrently } from "../concurrently.ts";

const objects = 64;
const writes = 4000;
/** As many as the operator has workers for functions, twice. */
const atOnce = 32;

/** Writes a second: each changes one annotation of one of the small ConfigMaps that it makes in the namespace. */
export async function writeLimit(client: KubeClient, namespace: string): Promise<number> {
  const names = Array.from({ length: objects }, (_, index) => `plain-${index}`);
  for (const name of names) {
    const data = { text: "x".repeat(1000) };
    await client.create(configMaps, {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace },
      data,
    });
  }
  const started = performance.now();
  await concurrently(atOnce, Array.from({ length: writes }).keys(), async (write) => {
    const name = names[write % objects] ?? "";
    const body = { metadata: { annotations: { write: String(write) } } };
    await client.merge(configMaps, { namespace, name }, body);
  });
  const seconds = (performance.now() - started) / 1000;
  for (const name of names) await client.delete(configMaps, { namespace, name });
  return writes / seconds;
}
