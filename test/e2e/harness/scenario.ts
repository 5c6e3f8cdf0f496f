/** A workload of its own namespace with traffic on it, and what a test does and sees there. */
import type { Deployment } from "../../../operator/kube/objects.ts";
import type { KubeObject } from "../../../operator/kube/resource.ts";
import { lostOf } from "../prober/tally.ts";
import {
  authModule,
  edgeFunction,
  type Ending,
  moduleObject,
  userObjects,
  workloadName,
} from "./auth-workload.ts";
import { diagnose } from "./diagnostics.ts";
import { eventually } from "./eventually.ts";
import { Kubectl, type Manifest } from "./kubectl.ts";
import { proberNamespace, startProberPair } from "./prober-pair.ts";
import type { RunningProber } from "./probers.ts";
import { ebbObjects, type Essence, snapshot } from "./snapshot.ts";
import { type Images, operatorNamespace, type TestCluster } from "./test-cluster.ts";

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly observedGeneration?: number;
  readonly lastTransitionTime?: string;
}

/** The parts of an EdgeFunction that tests look at. */
export interface SeenFunction extends KubeObject {
  readonly status?: {
    readonly phase?: string;
    readonly module?: { readonly digest?: string };
    readonly edge?: { readonly version?: string };
    readonly traffic?: { readonly edgePercent?: number };
    readonly savedScale?: { readonly replicas?: number };
    readonly conditions?: readonly Condition[];
  };
}

export interface Setting {
  readonly namespace: string;
  readonly replicas: number;
  readonly ending: Ending;
}

/** What the probers of a scenario saw together. */
export interface Outcome {
  readonly requests: number;
  readonly lost: number;
  /** Not idempotent and already sent to a process that went away. */
  readonly unretriable: number;
  /** What the first requests looked like that were not answered as expected, one a line. */
  readonly incidents: readonly string[];
}

/** Marks the namespaces that scenarios make. */
const scenarioLabel = "ebb-test/scenario";

/** Requests a second of each of the two probers, unless told otherwise. */
const usualRate = 110;

const incidentsTold = 30;

/** Seconds in which a step of a scenario must be done. */
const patience = 180;

export class Scenario {
  readonly kubectl: Kubectl;
  readonly setting: Setting;
  /** The user's objects before Ebb knew of them. */
  readonly before: Readonly<Record<string, Essence>>;
  readonly #cluster: TestCluster;
  readonly #images: Images;
  #probers: RunningProber[] = [];

  private constructor(
    cluster: TestCluster,
    images: Images,
    setting: Setting,
    before: Record<string, Essence>,
  ) {
    this.kubectl = new Kubectl(cluster.access);
    this.setting = setting;
    this.before = before;
    this.#cluster = cluster;
    this.#images = images;
  }

  /** Makes the namespace anew with a workload in it that serves. */
  static async start(cluster: TestCluster, images: Images, setting: Setting): Promise<Scenario> {
    const kubectl = new Kubectl(cluster.access);
    const { namespace } = setting;
    await removeNamespaces(kubectl, namespace);
    await kubectl.apply(...[namespace, proberNamespace(namespace)].map(scenarioNamespace));
    await kubectl.apply(...userObjects({ ...setting, image: images["auth-container"].name }));
    await kubectl.run(["rollout", "status", `deployment/${workloadName}`, "-n", namespace, "--timeout=2m"]);
    return new Scenario(cluster, images, setting, await snapshot(kubectl, namespace));
  }

  /** Removes every scenario of runs that were killed: their probers would go on for ever. */
  static async removeAll(kubectl: Kubectl): Promise<void> {
    await kubectl.run(["delete", "namespace", `--selector=${scenarioLabel}`, "--timeout=3m"]);
  }

  get namespace(): string {
    return this.setting.namespace;
  }

  /**
   * Starts two probers, each with that many requests a second that have `timeout` milliseconds to be answered, and returns
   * when both see the workload.
   */
  async startProbers(timeout = 15_000, rate = usualRate): Promise<void> {
    const pair = { cluster: this.#cluster, images: this.#images, namespace: this.namespace, rate, timeout };
    this.#probers = await startProberPair(this.kubectl, pair);
    await this.servedOnlyBy("origin");
  }

  /** What the probers have told so far. */
  soFar(): Omit<Outcome, "incidents"> {
    const counts = this.#probers.flatMap(({ seconds }) => seconds.map((second) => second.counts));
    return {
      requests: counts.reduce((sum, { sent }) => sum + sent, 0),
      lost: counts.reduce((sum, each) => sum + lostOf(each), 0),
      unretriable: counts.reduce((sum, { unretriable }) => sum + unretriable, 0),
    };
  }

  /** Stops the probers and adds up what they saw. */
  async stopProbers(): Promise<Outcome> {
    const counts = await Promise.all(this.#probers.map((prober) => prober.stop()));
    const incidents = this.#probers.flatMap((prober) =>
      prober.incidents.map((incident) => describe(prober.name, incident)),
    );
    this.#probers = [];
    const told = incidents.toSorted().slice(0, incidentsTold);
    return {
      requests: counts.reduce((sum, { sent }) => sum + sent, 0),
      lost: counts.reduce((sum, each) => sum + lostOf(each), 0),
      unretriable: counts.reduce((sum, { unretriable }) => sum + unretriable, 0),
      incidents: told,
    };
  }

  /** Puts the module and the EdgeFunction there, or changes them. */
  async apply(spec: Readonly<Record<string, unknown>> = {}, module?: Uint8Array): Promise<void> {
    const { namespace } = this;
    await this.kubectl.applyServerSide(moduleObject(namespace, module ?? (await authModule())));
    await this.kubectl.apply(edgeFunction(namespace, spec));
  }

  async patch(spec: Readonly<Record<string, unknown>>): Promise<void> {
    await this.kubectl.run([
      "patch",
      "edgefunction",
      workloadName,
      "-n",
      this.namespace,
      "--type=merge",
      "-p",
      JSON.stringify({ spec }),
    ]);
  }

  /** Deletes the EdgeFunction and returns when it is gone. */
  async delete(): Promise<void> {
    await this.startDeletion();
    await this.gone();
  }

  async startDeletion(): Promise<void> {
    await this.kubectl.run(["delete", "edgefunction", workloadName, "-n", this.namespace, "--wait=false"]);
  }

  async gone(): Promise<void> {
    await this.until("the EdgeFunction is gone", async () =>
      (await this.#find()) === undefined ? undefined : "it is there",
    );
  }

  async function(): Promise<SeenFunction> {
    return this.kubectl.get<SeenFunction>(this.namespace, "edgefunction", workloadName);
  }

  async deployment(): Promise<Deployment> {
    return this.kubectl.get<Deployment>(this.namespace, "deployment", workloadName);
  }

  /** The user's objects now, to compare with `before`. */
  now(): Promise<Record<string, Essence>> {
    return snapshot(this.kubectl, this.namespace);
  }

  /** Returns when the condition has this status for the spec as it is now. */
  async condition(type: string, status = "True"): Promise<void> {
    await this.until(`condition ${type} is ${status}`, async () => {
      const { metadata, status: seen } = await this.function();
      const found = seen?.conditions?.find((condition) => condition.type === type);
      const isReached = found?.status === status && found.observedGeneration === metadata.generation;
      return isReached ? undefined : JSON.stringify(found ?? "not there");
    });
  }

  /** Calls `act` in the moment that the EdgeFunction is seen in a phase. */
  async inPhase(phase: string, act: () => Promise<void>): Promise<void> {
    const signal = AbortSignal.timeout(patience * 1000);
    const path = `/apis/ebb.dev/v1alpha1/namespaces/${this.namespace}/edgefunctions`;
    for await (const { object } of this.kubectl.watch<SeenFunction>(path, signal)) {
      if (object.status?.phase === phase) return act();
    }
    throw new Error(`phase ${phase} was not seen in ${patience} s`);
  }

  async replicas(count: number): Promise<void> {
    await this.until(`${count} replicas`, async () => {
      const { spec, status } = await this.deployment();
      const [wanted, there, ready] = [spec.replicas ?? 1, status?.replicas ?? 0, status?.readyReplicas ?? 0];
      const isReached = wanted === count && there === count && ready === count;
      return isReached ? undefined : `${wanted} wanted, ${there} there, ${ready} ready`;
    });
  }

  /** Returns when each prober had two seconds in a row with answers from this one only. */
  async servedOnlyBy(who: string): Promise<void> {
    const since = new Map(this.#probers.map((prober) => [prober, prober.seconds.length]));
    await this.until(`only ${who} serves`, () => {
      for (const [prober, start] of since) {
        const last = prober.seconds.slice(start).slice(-2);
        const isReached =
          last.length === 2 &&
          last.every(({ counts }) => (counts.ok[who] ?? 0) > 0 && Object.keys(counts.ok).length === 1);
        if (!isReached)
          return Promise.resolve(`${prober.name} saw ${JSON.stringify(last.map(({ counts }) => counts.ok))}`);
      }
      return Promise.resolve(undefined);
    });
  }

  async until(what: string, missing: () => Promise<string | undefined>, interval = 500): Promise<void> {
    const describeAll = (): Promise<string> => diagnose(this.kubectl, this.namespace, operatorNamespace);
    await eventually(what, missing, { seconds: patience, diagnose: describeAll, interval });
  }

  /** Returns when nothing of Ebb is left in a namespace. */
  async noObjectOfEbb(namespace = this.namespace): Promise<void> {
    const look = async (): Promise<string | undefined> => {
      const left = await ebbObjects(this.kubectl, namespace);
      return left.length === 0 ? undefined : left.join(", ");
    };
    await this.until(`nothing of Ebb is left in ${namespace}`, look, 2000);
  }

  /** Removes everything of the scenario. */
  async dispose(): Promise<void> {
    await Promise.all(this.#probers.map((prober) => prober.remove()));
    await removeNamespaces(this.kubectl, this.namespace);
  }

  #find(): Promise<SeenFunction | undefined> {
    return this.kubectl.find<SeenFunction>(this.namespace, "edgefunction", workloadName);
  }
}

function describe(
  prober: string,
  { time, kind, request, connection, detail }: RunningProber["incidents"][number],
): string {
  return `${new Date(time).toISOString()} ${prober} ${connection} ${request}: ${kind}, ${detail}`;
}

function scenarioNamespace(name: string): Manifest {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name, labels: { [scenarioLabel]: "" } } };
}

async function removeNamespaces(kubectl: Kubectl, namespace: string): Promise<void> {
  await kubectl.run([
    "delete",
    "namespace",
    namespace,
    proberNamespace(namespace),
    "--ignore-not-found",
    "--timeout=3m",
  ]);
}
