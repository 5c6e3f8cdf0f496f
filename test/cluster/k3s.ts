/**
 * A cluster in a container: k3s by way of testcontainers, for machines that have a container engine and cannot carry the
 * local cluster. The container stays until it is taken down, and whoever asks for the same name shares it.
 */
import { mkdir, rm } from "node:fs/promises";
import { basename, join } from "node:path";
import { K3sContainer, type StartedK3sContainer } from "@testcontainers/k3s";
import { type ContainerRuntimeClient, getContainerRuntimeClient, ImageName } from "testcontainers";
import { withLock } from "../../scripts/lock.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { MachineError } from "./machine.ts";
import { writeWhole } from "./write-whole.ts";

/** A k3s that is up. */
export interface K3s {
  /** File with the administrator's access from this machine. */
  readonly kubeconfig: string;
  /** The same for programs in the node's network. */
  readonly insideKubeconfig: string;
  readonly context: string;
  /** The node's address, where also its ingress controller answers; reached from this machine when it is Linux. */
  readonly address: string;
  /** The process whose network is the node's. */
  readonly pid: number;
  /** Makes the image of an OCI archive available to pods. */
  load(archive: string): Promise<void>;
}

/** EBB_K3S_IMAGE or the release that this is written for. */
export function k3sImage(env: NodeJS.ProcessEnv = process.env): string {
  return env["EBB_K3S_IMAGE"] ?? "docker.io/rancher/k3s:v1.34.1-k3s1";
}

const label = "ebb.dev/cluster";

/** Why no k3s can be started here; undefined when one can: a container engine answers, and it has or pulls the image. */
export async function whyNoK3s(image = k3sImage()): Promise<string | undefined> {
  const engine = await findEngine();
  if (engine === undefined) return "no container engine answers";
  const name = ImageName.fromString(image);
  try {
    await engine.image.pull(name);
  } catch (error) {
    return `the container engine cannot pull ${image}: ${String(error)}`;
  }
  // A pull that ends with an error tells it in its stream, which testcontainers does not read.
  return (await engine.image.exists(name)) ? undefined : `the container engine cannot pull ${image}`;
}

/** The k3s of that name, started when it does not run. Throws a MachineError when that is not possible here. */
export async function startK3s(name: string, image = k3sImage()): Promise<K3s> {
  const reason = await whyNoK3s(image);
  if (reason !== undefined) throw new MachineError(`k3s cannot be started: ${reason}.`);
  const layout = k3sLayout(name);
  return withLock(`${layout.state}.lock`, async () => {
    const container = await new K3sContainer(image)
      .withName(`ebb-k3s-${name}`)
      .withLabels({ [label]: name })
      .withCommand(["server", "--disable=metrics-server"])
      .withReuse()
      .start();
    await mkdir(layout.state, { recursive: true, mode: 0o700 });
    const [network = ""] = container.getNetworkNames();
    const address = container.getIpAddress(network);
    const insideKubeconfig = join(layout.state, "inside.kubeconfig");
    await writeWhole(layout.kubeconfig, container.getKubeConfig());
    await writeWhole(insideKubeconfig, container.getAliasedKubeConfig(address));
    return {
      kubeconfig: layout.kubeconfig,
      insideKubeconfig,
      context: "default",
      address,
      pid: await pidOf(container),
      load: (archive) => load(container, archive),
    };
  });
}

/** Whether the k3s of that name runs. */
export async function isK3sUp(name: string): Promise<boolean> {
  const engine = await findEngine();
  const container = await engine?.container.fetchByLabel(label, name, { status: ["running"] });
  return container !== undefined;
}

/** Leaves no container and no file of the k3s of that name behind. */
export async function stopK3s(name: string): Promise<void> {
  const layout = k3sLayout(name);
  await withLock(`${layout.state}.lock`, async () => {
    const engine = await findEngine();
    const container = await engine?.container.fetchByLabel(label, name);
    if (container !== undefined) await container.remove({ force: true, v: true });
    await rm(layout.state, { recursive: true, force: true });
  });
}

/** Where the kubeconfig of the k3s of that name is. */
export function k3sLayout(name: string): Layout {
  return layoutOf(`k3s-${name}`);
}

async function findEngine(): Promise<ContainerRuntimeClient | undefined> {
  try {
    return await getContainerRuntimeClient();
  } catch {
    return undefined; // it says only that it found none
  }
}

async function pidOf(container: StartedK3sContainer): Promise<number> {
  const { container: containers } = await getContainerRuntimeClient();
  return (await containers.inspect(containers.getById(container.getId()))).State.Pid;
}

async function load(container: StartedK3sContainer, archive: string): Promise<void> {
  const target = `/tmp/${basename(archive)}`;
  await container.copyFilesToContainer([{ source: archive, target }]);
  const { exitCode, output } = await container.exec([
    "ctr",
    "--namespace",
    "k8s.io",
    "images",
    "import",
    target,
  ]);
  await container.exec(["rm", target]);
  if (exitCode !== 0) throw new Error(`k3s does not import ${archive}: ${output}`);
}
