/** The cluster that tests and the demo run on, with Ebb in it. */
import { join } from "node:path";
import { repository } from "../../../scripts/images/base.ts";
import type { KubeObject } from "../../../operator/kube/resource.ts";
import { type BuiltImage, buildImage } from "../../../scripts/images/build.ts";
import { definitions, type ImageName } from "../../../scripts/images/definitions.ts";
import { type Cluster, resolveCluster } from "../../cluster/cluster.ts";
import { ingressPort } from "../../cluster/ingress.ts";
import { addresses } from "../../cluster/layout.ts";
import { kubectlBinary } from "../../cluster/tools/kubectl.ts";
import { type ClusterAccess, Kubectl } from "./kubectl.ts";

export const operatorNamespace = "ebb-system";
const releaseName = "ebb";

/** A cluster for tests and the demo. */
export interface TestCluster {
  readonly access: ClusterAccess;
  /** Runs Helm and gives its stdout. */
  helm(...args: string[]): Promise<string>;
  /** `http://host:port` of the ingress controller, for pods of the cluster. */
  readonly ingressInside: string;
  /** The same for this machine. */
  readonly ingressOutside: string;
  /** Makes an OCI archive's image known to the nodes. */
  load(archive: string): Promise<void>;
  /** As in Cluster. */
  readonly enforceNetworkPolicies: Cluster["enforceNetworkPolicies"];
  /** Starts a command where pods and ClusterIPs are reached, with a KUBECONFIG that works there. */
  readonly inside: Cluster["inside"];
}

/** The cluster that the environment chooses, brought up when it is the local one. */
export async function testCluster(): Promise<TestCluster> {
  return clusterForTests(await resolveCluster());
}

export async function clusterForTests(cluster: Cluster): Promise<TestCluster> {
  const { kubeconfig, context, ingressURL } = cluster;
  // The forwarder of the local cluster is not for requests that are counted, and no pod reaches it.
  const isForwarded = new URL(ingressURL).hostname === "127.0.0.1";
  return {
    access: { kubectl: await kubectlBinary(), kubeconfig, context },
    helm: (...args) => cluster.helm(...args),
    load: (archive) => cluster.load(archive),
    enforceNetworkPolicies: cluster.enforceNetworkPolicies,
    inside: (...command) => cluster.inside(...command),
    ingressInside: isForwarded ? `http://${addresses.node}:${ingressPort}` : ingressURL,
    ingressOutside: ingressURL,
  };
}

export type Images = Readonly<Record<ImageName, BuiltImage>>;

/** Builds all images that have changed. */
export async function buildImages(told: (image: BuiltImage) => void = () => {}): Promise<Images> {
  const build = async (image: ImageName): Promise<BuiltImage> => {
    const built = await buildImage(image, definitions[image], join(repository, "dist/images"));
    told(built);
    return built;
  };
  // One after the other: each of them uses all cores while it compresses.
  return {
    operator: await build("operator"),
    edge: await build("edge"),
    gateway: await build("gateway"),
    "auth-container": await build("auth-container"),
    prober: await build("prober"),
  };
}

/** Loads the images that no node has yet. */
export async function loadImages(cluster: TestCluster, images: Images): Promise<void> {
  const nodes = await new Kubectl(cluster.access).list<NodeImages>("default", "nodes");
  const known = new Set(nodes.flatMap(({ status }) => (status.images ?? []).flatMap(({ names }) => names)));
  for (const { name, archive } of Object.values(images)) if (!known.has(name)) await cluster.load(archive);
}

interface NodeImages extends KubeObject {
  readonly status: { readonly images?: readonly { readonly names: readonly string[] }[] };
}

/** Installs or upgrades Ebb with its chart and returns when the operator is ready. */
export async function installEbb(cluster: TestCluster, images: Images): Promise<void> {
  await removeHalfRelease(cluster);
  const values = {
    image: images.operator.name,
    "edge.image": images.edge.name,
    "gateway.image": images.gateway.name,
  };
  const set = Object.entries(values).map(([name, value]) => `--set-string=${name}=${value}`);
  // The kinds may be there already, applied by hand.
  const takeOver = ["--take-ownership", "--force-conflicts"];
  const where = [
    `--namespace=${operatorNamespace}`,
    "--create-namespace",
    "--wait",
    "--timeout=3m",
    ...takeOver,
  ];
  await cluster.helm("upgrade", "--install", releaseName, join(repository, "charts/ebb"), ...where, ...set);
}

/** Ends what a killed run has left half installed or half uninstalled: Helm upgrades no such release. */
async function removeHalfRelease(cluster: TestCluster): Promise<void> {
  const status = await releaseStatus(cluster);
  if (status !== undefined && status !== "deployed") await uninstallEbb(cluster);
}

/** Uninstalls Ebb if a demo or an earlier run has left it. */
export async function removeEbb(cluster: TestCluster): Promise<void> {
  if ((await releaseStatus(cluster)) !== undefined) await uninstallEbb(cluster);
}

/** Helm's word for the release of Ebb, or undefined when there is none. */
async function releaseStatus(cluster: TestCluster): Promise<string | undefined> {
  const which = [`--namespace=${operatorNamespace}`, `--filter=^${releaseName}$`, "--output=json"];
  const releases = JSON.parse(await cluster.helm("list", ...which)) as readonly { readonly status: string }[];
  return releases[0]?.status;
}

/** Uninstalls Ebb and returns when its hook has brought every workload back. */
export async function uninstallEbb(cluster: TestCluster): Promise<void> {
  await cluster.helm("uninstall", releaseName, `--namespace=${operatorNamespace}`, "--wait", "--timeout=6m");
}
