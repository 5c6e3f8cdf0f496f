/** Sets the stage: a cluster, Ebb in it, and a workload as a user has it. */
import { diagnose } from "../../test/e2e/harness/diagnostics.ts";
import { userObjects, workloadName } from "../../test/e2e/harness/auth-workload.ts";
import { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import { proberNamespace } from "../../test/e2e/harness/prober-pair.ts";
import { type Essence, snapshot } from "../../test/e2e/harness/snapshot.ts";
import {
  buildImages,
  type Images,
  installEbb,
  loadImages,
  operatorNamespace,
  type TestCluster,
  testCluster,
} from "../../test/e2e/harness/test-cluster.ts";
import type { Screen } from "./screen.ts";

export const shop = "shop";
const replicas = 3;

export interface Stage {
  readonly cluster: TestCluster;
  readonly images: Images;
  readonly kubectl: Kubectl;
  /** The user's objects as they are before Ebb knows of them. */
  readonly before: Readonly<Record<string, Essence>>;
}

/** Makes what is missing and keeps what is there, so that it can be called again after any end. */
export async function prepare(screen: Screen): Promise<Stage> {
  screen.step(
    "cluster",
    "bringing up a real Kubernetes; its first build takes about 15 minutes, later starts seconds",
  );
  const cluster = await timed(
    screen,
    "cluster",
    testCluster,
    ({ ingressOutside }) => `is up, its ingress answers at ${ingressOutside}`,
  );
  screen.step("images", "building what has changed");
  const images = await timed(screen, "images", () => buildImages(), describeImages);
  screen.step("images", "loading them into the node");
  await timed(
    screen,
    "images",
    () => loadImages(cluster, images),
    () => "are loaded",
  );
  screen.step("ebb", "installing with Helm from charts/ebb, waiting for the operator to be ready");
  await timed(
    screen,
    "ebb",
    () => installEbb(cluster, images),
    () => `runs in namespace ${operatorNamespace}`,
  );
  const kubectl = new Kubectl(cluster.access);
  screen.step(
    "workload",
    `applying deployment, service and ingress ${workloadName} in namespace ${shop}, waiting for ${replicas} pods`,
  );
  await timed(
    screen,
    "workload",
    () => applyWorkload(kubectl, images),
    () => `serves with ${replicas} replicas`,
  );
  return { cluster, images, kubectl, before: await snapshot(kubectl, shop) };
}

async function applyWorkload(kubectl: Kubectl, images: Images): Promise<void> {
  for (const name of [shop, proberNamespace(shop)]) {
    await kubectl.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name } });
  }
  // Left by a demo that was interrupted; the deletion returns when the workload is home.
  await kubectl.run([
    "delete",
    "edgefunction",
    workloadName,
    "-n",
    shop,
    "--ignore-not-found",
    "--timeout=3m",
  ]);
  await kubectl.apply(
    ...userObjects({ namespace: shop, image: images["auth-container"].name, replicas, ending: "drains" }),
  );
  await kubectl.run(["rollout", "status", `deployment/${workloadName}`, "-n", shop, "--timeout=3m"]);
}

function describeImages(images: Images): string {
  const sizes = Object.entries(images).map(
    ([name, { unpackedBytes }]) => `${name} ${Math.round(unpackedBytes / 1e6)} MB`,
  );
  return sizes.join(", ");
}

async function timed<T>(
  screen: Screen,
  part: string,
  work: () => Promise<T>,
  told: (result: T) => string,
): Promise<T> {
  const started = performance.now();
  const result = await work();
  screen.step(part, `${told(result)} (${((performance.now() - started) / 1000).toFixed(1)} s)`);
  return result;
}

/** What a person would look at when the stage is stuck. */
export function diagnoseShop(kubectl: Kubectl): Promise<string> {
  return diagnose(kubectl, shop, operatorNamespace);
}
