/** Probers as pods of the cluster, on the two ways that a Service's callers come: by the ingress and by the ClusterIP. */
import type { Pod } from "../../../operator/kube/objects.ts";
import type { ProberConfig } from "../prober/config.ts";
import type { Report } from "../prober/prober.ts";
import { type Counts, type Incident, lostOf } from "../prober/tally.ts";
import { eventually } from "./eventually.ts";
import type { Kubectl, Manifest } from "./kubectl.ts";

/** Where the pod of a prober runs. */
export interface ProberPlace {
  readonly namespace: string;
  readonly image: string;
}

/** One second of a prober's life. */
export interface Second {
  /** Milliseconds since the epoch. */
  readonly time: number;
  readonly counts: Counts;
}

/** A pod that sends requests until it is stopped. */
export class RunningProber {
  readonly name: string;
  readonly seconds: Second[] = [];
  readonly incidents: Incident[] = [];
  readonly #kubectl: Kubectl;
  readonly #place: ProberPlace;
  readonly #following = new AbortController();
  #reading: Promise<void> = Promise.resolve();
  #failure: unknown;
  #summary: Counts | undefined;

  private constructor(kubectl: Kubectl, place: ProberPlace, name: string) {
    this.#kubectl = kubectl;
    this.#place = place;
    this.name = name;
  }

  /** Starts a pod named like the prober and returns when its first second has been told. */
  static async start(kubectl: Kubectl, place: ProberPlace, config: ProberConfig): Promise<RunningProber> {
    const prober = new RunningProber(kubectl, place, config.name);
    await kubectl.run(["delete", "pod", config.name, "-n", place.namespace, "--ignore-not-found", "--now"]);
    await kubectl.apply(podOf(place, config));
    await eventually(`prober ${config.name} runs`, () => prober.#missingStart(), { seconds: 60 });
    prober.#reading = prober.#follow().catch((error: unknown) => {
      prober.#failure = error;
    });
    await eventually(`prober ${config.name} reports`, () => prober.#missingReport(), {
      seconds: 60,
      interval: 50,
    });
    return prober;
  }

  /** Answers so far, of whatever kind. */
  get answered(): number {
    return this.seconds.reduce((sum, { counts }) => sum + endedOf(counts), 0);
  }

  /** Stops sending, waits for the last answers and gives the totals; the pod is deleted. */
  async stop(): Promise<Counts> {
    const end = 'process.kill(1, "SIGTERM")';
    await this.#kubectl.run(["exec", this.name, "-n", this.#place.namespace, "--", "/bin/node", "-e", end]);
    await this.#reading;
    await this.remove();
    if (this.#summary === undefined)
      throw new Error(`prober ${this.name} ended without a summary`, { cause: this.#failure });
    return this.#summary;
  }

  /** Deletes the pod, whatever it is doing. */
  async remove(): Promise<void> {
    this.#following.abort();
    await this.#reading;
    await this.#kubectl.run([
      "delete",
      "pod",
      this.name,
      "-n",
      this.#place.namespace,
      "--ignore-not-found",
      "--now",
    ]);
  }

  async #missingStart(): Promise<string | undefined> {
    const pod = await this.#kubectl.get<Pod>(this.#place.namespace, "pod", this.name);
    const phase = pod.status?.phase ?? "no phase";
    return phase === "Running" ? undefined : `it is ${phase}`;
  }

  #missingReport(): Promise<string | undefined> {
    if (this.#failure !== undefined) throw new Error(`prober ${this.name} failed`, { cause: this.#failure });
    return Promise.resolve(this.seconds.length > 0 ? undefined : "nothing told yet");
  }

  async #follow(): Promise<void> {
    const args = ["logs", "--follow", this.name, "-n", this.#place.namespace];
    for await (const line of this.#kubectl.lines(args, this.#following.signal))
      this.#take(JSON.parse(line) as Report);
  }

  #take(report: Report): void {
    if (report.type === "second") this.seconds.push(report);
    else if (report.type === "incident") this.incidents.push(report.incident);
    else this.#summary = report.counts;
  }
}

/** Requests that have ended, well or not. */
function endedOf(counts: Counts): number {
  const ok = Object.values(counts.ok).reduce((sum, count) => sum + count, 0);
  return ok + lostOf(counts) + counts.unretriable;
}

function podOf({ namespace, image }: ProberPlace, config: ProberConfig): Manifest {
  const env = [{ name: "PROBER_CONFIG", value: JSON.stringify(config) }];
  const container = { name: "prober", image, env };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: config.name, namespace, labels: { app: "prober" } },
    spec: {
      restartPolicy: "Never",
      terminationGracePeriodSeconds: 5,
      automountServiceAccountToken: false,
      containers: [container],
    },
  };
}
