/** The release of Ebb in the operator's namespace, as one of the two Helms sees it. */
import { join } from "node:path";
import { repository } from "../../../scripts/images/base.ts";
import type { KubeObject } from "../../../operator/kube/resource.ts";
import { run } from "../../cluster/run.ts";
import { type HelmMajor, helmBinary } from "../../cluster/tools/helm.ts";
import { eventually } from "./eventually.ts";
import { type ClusterAccess, Kubectl } from "./kubectl.ts";
import { operatorNamespace } from "./test-cluster.ts";

/** Values of the chart by their path. */
export type Settings = Readonly<Record<string, string>>;

const name = "ebb";
export const chart = join(repository, "charts/ebb");

export class HelmRelease {
  readonly #command: string;
  readonly #access: ClusterAccess;
  /** Helm 4 applies on the server, where fields of the kinds may belong to whoever applied those before. */
  readonly #takeOver: readonly string[];

  private constructor(command: string, access: ClusterAccess, takeOver: readonly string[]) {
    this.#command = command;
    this.#access = access;
    this.#takeOver = takeOver;
  }

  static async with(major: HelmMajor, access: ClusterAccess): Promise<HelmRelease> {
    return new HelmRelease(await helmBinary(major), access, major === 4 ? ["--force-conflicts"] : []);
  }

  /** As a person does who has never had it, but for its kinds, which a former release has left. */
  async install(from: string, settings: Settings): Promise<void> {
    const how = ["--create-namespace", ...this.#takeOver, ...waiting];
    await this.#run("install", name, from, ...how, ...setting(settings));
  }

  /** To the chart of this tree. */
  async upgrade(settings: Settings, ...flags: readonly string[]): Promise<void> {
    await this.#run("upgrade", name, chart, ...waiting, ...flags, ...setting(settings));
  }

  async rollback(revision: number): Promise<void> {
    await this.#run("rollback", name, `${revision}`, ...waiting);
  }

  /** Returns when its hook has brought every workload back; does nothing when there is no release. */
  async uninstall(): Promise<void> {
    await this.#run("uninstall", name, "--ignore-not-found", "--wait", "--timeout=6m");
  }

  /** Deletes the ClusterEdgeTarget that uninstalling leaves, so that the next install makes it as the first one did. */
  async forgetDefaultTarget(): Promise<void> {
    const target = ["clusteredgetargets.ebb.dev", "default", "--ignore-not-found"];
    await new Kubectl(this.#access).run(["delete", ...target]);
  }

  /** How Helm 4 applies the objects of the release: ssa or csa. */
  async applyMethod(): Promise<string> {
    const metadata = await this.#run("get", "metadata", name, "-o", "json");
    return (JSON.parse(metadata) as { applyMethod: string }).applyMethod;
  }

  /** Returns when a pod of the Deployment as it is now leads. */
  async untilLed(): Promise<void> {
    const kubectl = new Kubectl(this.#access);
    const selector = "app.kubernetes.io/name=ebb-operator";
    await eventually(
      "a pod of the new release leads",
      async () => {
        const lease = await kubectl.get<Lease>(operatorNamespace, "lease", "ebb-operator");
        const pods = await kubectl.list(operatorNamespace, "pods", selector);
        const isLed = pods.some(
          ({ metadata }) =>
            metadata.name === lease.spec.holderIdentity && metadata.deletionTimestamp === undefined,
        );
        return isLed ? undefined : `the holder is ${lease.spec.holderIdentity}`;
      },
      { seconds: 60 },
    );
  }

  #run(...args: readonly string[]): Promise<string> {
    const { kubeconfig, context } = this.#access;
    const where = ["--kube-context", context, "--namespace", operatorNamespace];
    return run(this.#command, [...where, ...args], { env: { KUBECONFIG: kubeconfig } });
  }
}

interface Lease extends KubeObject {
  readonly spec: { readonly holderIdentity?: string };
}

const waiting = ["--wait", "--timeout=3m"];

function setting(settings: Settings): string[] {
  return Object.entries(settings).map(([key, value]) => `--set=${key}=${value}`);
}
