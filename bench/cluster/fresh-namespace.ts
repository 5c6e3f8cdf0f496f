/** Namespaces that a row has to itself. */
import { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import type { TestCluster } from "../../test/e2e/harness/test-cluster.ts";

/** Makes the namespace anew, with nothing in it; gives what removes it with all that came to be in it. */
export async function freshNamespace(cluster: TestCluster, name: string): Promise<() => Promise<void>> {
  const kubectl = new Kubectl(cluster.access);
  const remove = async (): Promise<void> => {
    await kubectl.run(["delete", "edgefunctions", "--all", "-n", name, "--ignore-not-found", "--timeout=3m"]);
    await kubectl.run(["delete", "namespace", name, "--ignore-not-found", "--timeout=3m"]);
  };
  await remove();
  await kubectl.run(["create", "namespace", name]);
  return remove;
}
