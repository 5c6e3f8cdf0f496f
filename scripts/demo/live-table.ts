/** One line a second of what the probers saw and where the workload is. */
import { lostOf } from "../../test/e2e/prober/tally.ts";
import type { RunningProber } from "../../test/e2e/harness/probers.ts";
import type { Screen } from "./screen.ts";
import type { WorkloadWatch } from "./workload-watch.ts";

export class LiveTable {
  readonly #screen: Screen;
  readonly #watch: WorkloadWatch;
  readonly #probers: readonly RunningProber[];
  readonly #told = new Map<RunningProber, number>();
  readonly #started: number;
  readonly #timer: NodeJS.Timeout;
  /** Seconds in a row in which only one side answered, and which side. */
  #alone = { side: "", seconds: 0 };

  /** Starts at once; `started` is where its clock begins, in milliseconds of performance.now(). */
  constructor(screen: Screen, watch: WorkloadWatch, probers: readonly RunningProber[], started: number) {
    this.#screen = screen;
    this.#watch = watch;
    this.#probers = probers;
    this.#started = started;
    for (const prober of probers) this.#newSeconds(prober);
    screen.heading();
    this.#timer = setInterval(() => this.#tell(), 1000);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** For how many seconds nobody but `side` has answered. */
  secondsOnly(side: "origin" | "edge"): number {
    return this.#alone.side === side ? this.#alone.seconds : 0;
  }

  #tell(): void {
    const counts = this.#probers.flatMap((prober) => this.#newSeconds(prober));
    const answers = (side: string): number => counts.reduce((sum, { ok }) => sum + (ok[side] ?? 0), 0);
    const [origin, edge] = [answers("origin"), answers("edge")];
    const side = origin > 0 && edge === 0 ? "origin" : edge > 0 && origin === 0 ? "edge" : "";
    this.#alone = { side, seconds: side === this.#alone.side ? this.#alone.seconds + 1 : 1 };
    const { function: fn, deployment } = this.#watch;
    this.#screen.row(performance.now() - this.#started, {
      phase: fn === undefined ? "–" : (fn.status?.phase ?? "Pending"),
      share: fn?.status?.traffic?.edgePercent,
      replicas: { ready: deployment?.status?.readyReplicas ?? 0, wanted: deployment?.spec.replicas ?? 0 },
      origin,
      edge,
      lost: this.#lost(),
    });
  }

  /** Since the start; a request that was broken off and may not be sent again counts here, since nothing is killed. */
  #lost(): number {
    const all = this.#probers.flatMap(({ seconds }) => seconds.map(({ counts }) => counts));
    return all.reduce((sum, counts) => sum + lostOf(counts) + counts.unretriable, 0);
  }

  #newSeconds(prober: RunningProber): RunningProber["seconds"][number]["counts"][] {
    const from = this.#told.get(prober) ?? 0;
    this.#told.set(prober, prober.seconds.length);
    return prober.seconds.slice(from).map(({ counts }) => counts);
  }
}
