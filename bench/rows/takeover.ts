/** The same Deployment taken over and given back by Ebb, by Flagger and by Argo Rollouts. */
import { setTimeout as delay } from "node:timers/promises";
import { workloadName } from "../../test/e2e/harness/auth-workload.ts";
import type { EbbOnCluster } from "../../test/e2e/harness/ebb-on-cluster.ts";
import { Kubectl, type Manifest } from "../../test/e2e/harness/kubectl.ts";
import type { Scenario } from "../../test/e2e/harness/scenario.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { argoRollouts, type Controller, flagger } from "../peers/controllers.ts";
import { differences } from "../peers/differences.ts";
import { startController } from "../peers/running-controller.ts";
import type { Bench, Figure, Row } from "../row.ts";

/** Without a preStop sleep: Flagger's client is older than that and makes an invalid copy of such a Deployment. */
const ending = "drains itself";
const namespace = "bench-takeover";
const replicas = 3;
/** Of both probers together. */
const rate = 150;
/** Milliseconds until a request is lost: a workload that stays away answers none. */
const timeout = 5000;
/** Seconds of traffic after a way back that does not bring the workload. */
const watchSeconds = 30;

/** Requests that were lost, told to a person who wonders why. */
const incidentsTold = 5;

/** What somebody does to the workload. */
interface Owner {
  readonly name: string;
  /** Returns when all traffic is where it should be and the Deployment has no pods. */
  take(shop: Scenario): Promise<void>;
  /** By deleting the controlling object; returns when the Deployment serves again, or does not after a while. */
  giveBack(shop: Scenario): Promise<void>;
}

interface Taken {
  readonly name: string;
  readonly takeSeconds: number;
  readonly returnSeconds: number;
  readonly lostTaking: number;
  readonly lostReturning: number;
  readonly requests: number;
  readonly differing: readonly string[];
}

const ebbOwner: Owner = {
  name: "Ebb",
  take: async (shop) => {
    await shop.apply();
    await shop.condition("Offloaded");
    await shop.replicas(0);
  },
  giveBack: (shop) => shop.delete(),
};

export const takeover: Row = {
  name: "takeover",
  title: `a Deployment of ${replicas} at ${rate} requests a second taken over and given back by Ebb, Flagger and Argo Rollouts`,
  measure: async (bench) => {
    const ebb = await bench.cluster();
    const own = await move(bench, ebb, ebbOwner);
    const peers = [
      await withController(bench, ebb, await flagger(), flaggerArgs, flaggerOwner),
      await withController(bench, ebb, await argoRollouts(), argoArgs, argoOwner),
    ];
    return peers.flatMap((peer) => besidePeer(own, peer));
  },
};

function besidePeer(own: Taken, peer: Taken): Figure[] {
  const figure = (
    what: string,
    of: (taken: Taken) => number,
    unit: string,
    target?: Figure["target"],
  ): Figure => ({
    what: `${what}, beside ${peer.name}`,
    value: of(own),
    unit,
    peer: { what: peer.name, value: of(peer) },
    ...(target === undefined ? {} : { target }),
  });
  const none = { atMost: 0, says: "0" };
  return [
    figure("lost while taken over", ({ lostTaking }) => lostTaking, "", none),
    figure("lost while given back", ({ lostReturning }) => lostReturning, "", none),
    figure("requests", ({ requests }) => requests, ""),
    figure("fields of the user's objects that differ after", ({ differing }) => differing.length, "", none),
    figure("time to take over", ({ takeSeconds }) => takeSeconds, "s"),
    figure("time to give back", ({ returnSeconds }) => returnSeconds, "s"),
  ];
}

async function withController(
  bench: Bench,
  ebb: EbbOnCluster,
  controller: Controller,
  args: readonly string[],
  owner: Owner,
): Promise<Taken> {
  const running = await startController(ebb.cluster, new Kubectl(ebb.cluster.access), controller, args);
  try {
    const taken = await move(bench, ebb, owner);
    bench.log(
      `${owner.name}'s controller has ${Math.round((await running.usage()).residentMiB)} MiB resident`,
    );
    return taken;
  } finally {
    await running.stop();
  }
}

async function move(bench: Bench, ebb: EbbOnCluster, owner: Owner): Promise<Taken> {
  const shop = await ebb.workload({ namespace, replicas, ending });
  try {
    await shop.startProbers(timeout, rate / 2);
    const takeSeconds = await secondsOf(() => owner.take(shop));
    await delay(timeout);
    const between = shop.soFar();
    const returnSeconds = await secondsOf(() => owner.giveBack(shop));
    const differing = differences(shop.before, await shop.now());
    const { requests, lost, incidents } = await shop.stopProbers();
    for (const line of incidents.slice(0, incidentsTold)) bench.log(line);
    const taken = {
      name: owner.name,
      takeSeconds,
      returnSeconds,
      lostTaking: between.lost,
      lostReturning: lost - between.lost,
      requests,
      differing,
    };
    bench.log(JSON.stringify(taken));
    return taken;
  } finally {
    await shop.dispose();
  }
}

async function secondsOf(work: () => Promise<void>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1000;
}

const flaggerArgs = [
  '-kubeconfig="$KUBECONFIG"',
  "-mesh-provider=kubernetes",
  `-namespace=${namespace}`,
  "-port=18085",
  "-log-level=error",
];

/** With the setting that makes it restore; by default the Deployment stays at zero. */
const canary: Manifest = {
  apiVersion: "flagger.app/v1beta1",
  kind: "Canary",
  metadata: { name: workloadName, namespace },
  spec: {
    provider: "kubernetes",
    revertOnDeletion: true,
    targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: workloadName },
    service: { name: workloadName, port: 80, portName: "http", targetPort: "http" },
    analysis: { interval: "10s", threshold: 2, iterations: 2 },
  },
};

const flaggerOwner: Owner = {
  name: "Flagger 1.36.1",
  take: async (shop) => {
    await shop.kubectl.apply(canary);
    await reaches(shop, "canary", "Initialized");
    await shop.replicas(0);
  },
  giveBack: (shop) => deleted(shop, "canary"),
};

const argoArgs = [
  '--kubeconfig="$KUBECONFIG"',
  "--namespaced",
  `--namespace=${namespace}`,
  "--metricsPort=18086",
  "--healthzPort=18087",
  "--leader-elect=false",
  "--loglevel=error",
];

const rollout: Manifest = {
  apiVersion: "argoproj.io/v1alpha1",
  kind: "Rollout",
  metadata: { name: workloadName, namespace },
  spec: {
    replicas,
    workloadRef: { apiVersion: "apps/v1", kind: "Deployment", name: workloadName, scaleDown: "onsuccess" },
    strategy: { canary: {} },
  },
};

const argoOwner: Owner = {
  name: "Argo Rollouts 1.10.1",
  take: async (shop) => {
    await shop.kubectl.apply(rollout);
    await reaches(shop, "rollout.argoproj.io", "Healthy");
    await shop.replicas(0);
  },
  giveBack: (shop) => deleted(shop, "rollout.argoproj.io"),
};

async function reaches(shop: Scenario, kind: string, phase: string): Promise<void> {
  await shop.until(`${kind} is ${phase}`, async () => {
    const { status } = await shop.kubectl.get<KubeObject & { status?: { phase?: string } }>(
      namespace,
      kind,
      workloadName,
    );
    return status?.phase === phase ? undefined : `it is ${status?.phase}`;
  });
}

/** Waits for the workload as long as somebody would who has deleted the object. */
async function deleted(shop: Scenario, kind: string): Promise<void> {
  await shop.kubectl.run(["delete", kind, workloadName, "-n", namespace, "--timeout=3m"]);
  const until = performance.now() + watchSeconds * 1000;
  for (; performance.now() < until; await delay(500)) {
    const { spec, status } = await shop.deployment();
    if (spec.replicas === replicas && status?.readyReplicas === replicas) return;
  }
}
