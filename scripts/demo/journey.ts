/** The play: there under load, a while at the edge, and home again. */
import { isDeepStrictEqual } from "node:util";
import {
  authModule,
  edgeFunction,
  moduleObject,
  workloadName,
} from "../../test/e2e/harness/auth-workload.ts";
import { startProberPair } from "../../test/e2e/harness/prober-pair.ts";
import type { RunningProber } from "../../test/e2e/harness/probers.ts";
import { snapshot } from "../../test/e2e/harness/snapshot.ts";
import { lostOf } from "../../test/e2e/prober/tally.ts";
import { LiveTable } from "./live-table.ts";
import { diagnoseShop, shop, type Stage } from "./prepare.ts";
import type { Screen } from "./screen.ts";
import { type Changed, WorkloadWatch } from "./workload-watch.ts";

/** Requests a second of each prober. */
const rate = 110;

/** Milliseconds until a request without an answer is lost; a busy machine needs some. */
const timeout = 15_000;

/** Seconds that each side serves alone before the play goes on. */
const pause = 5;

export interface Result {
  readonly requests: number;
  readonly lost: number;
  /** Not idempotent and already sent when the connection broke. */
  readonly unretriable: number;
  readonly incidents: readonly string[];
  /** Deployment, Service and Ingress equal their first state. */
  readonly isRestored: boolean;
}

/** Plays it; `probers` gets the probers as soon as they run, so that an interrupted play can be cleaned up. */
export async function play(
  stage: Stage,
  screen: Screen,
  probers: RunningProber[],
  signal: AbortSignal,
): Promise<Result> {
  const { kubectl, cluster, images, before } = stage;
  screen.step(
    "load",
    `starting two probers, ${rate} requests a second each, through the ingress and through the ClusterIP`,
  );
  probers.push(...(await startProberPair(kubectl, { cluster, images, namespace: shop, rate, timeout })));

  const started = performance.now();
  const tell = (what: string, detail = ""): void => screen.event(performance.now() - started, what, detail);
  const changed: Changed = ({ phase, message }, isNewPhase) =>
    isNewPhase ? tell(phase, message) : screen.note(performance.now() - started, message);
  const watch = new WorkloadWatch(kubectl, shop, changed, signal);
  const table = new LiveTable(screen, watch, probers, started);
  const until = (what: string, lack: () => string | undefined): Promise<void> =>
    watch.until(what, lack, () => diagnoseShop(kubectl));
  const servedBy = (side: "origin" | "edge"): Promise<void> =>
    until(`only ${side} serves`, () =>
      table.secondsOnly(side) >= pause ? undefined : "not yet for long enough",
    );
  try {
    await servedBy("origin");
    tell("EdgeFunction applied", `kubectl apply: ${workloadName} takes its module from a ConfigMap`);
    await kubectl.applyServerSide(moduleObject(shop, await authModule()));
    await kubectl.apply(edgeFunction(shop));
    await until("the workload is offloaded", () =>
      watch.function?.status?.phase === "Offloaded"
        ? undefined
        : (watch.function?.status?.phase ?? "no phase"),
    );
    await servedBy("edge");
    tell("EdgeFunction deleted", "kubectl delete returns when the workload serves again");
    await kubectl.run(["delete", "edgefunction", workloadName, "-n", shop, "--timeout=3m"]);
    tell("EdgeFunction gone", "the Deployment has its replicas back");
    await servedBy("origin");
  } finally {
    table.stop();
  }
  const counts = await Promise.all(probers.map((prober) => prober.stop()));
  const sum = (of: (each: (typeof counts)[number]) => number): number =>
    counts.reduce((total, each) => total + of(each), 0);
  return {
    requests: sum(({ sent }) => sent),
    lost: sum(lostOf),
    unretriable: sum(({ unretriable }) => unretriable),
    incidents: probers.flatMap(({ incidents }) =>
      incidents.map(({ kind, request, detail }) => `${kind}: ${request}: ${detail}`),
    ),
    isRestored: isDeepStrictEqual(await snapshot(kubectl, shop), before),
  };
}
