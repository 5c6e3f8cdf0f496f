/** The daemons of a cluster, in the order in which they can start. */
import { kubernetesBinaries, nodeBinaries } from "./binaries.ts";
import { apiServer, controllerManager, etcd, scheduler } from "./control-plane.ts";
import type { Tokens } from "./credentials.ts";
import type { Daemon } from "./daemon.ts";
import { traefik } from "./ingress.ts";
import type { Layout } from "./layout.ts";
import { containerd, kubelet, kubeProxy } from "./node.ts";
import { traefikBinary } from "./tools/traefik.ts";

/** The daemons of a cluster; those of one list start together, when those of the lists before are well. */
export interface Daemons {
  readonly foundation: readonly (readonly Daemon[])[];
  /** These need what is installed in the cluster, or are needed to run it. */
  readonly rest: readonly Daemon[];
}

/** Describes the daemons; builds and downloads their programs when they are not in the cache. */
export async function describeDaemons(layout: Layout, tokens: Tokens, pauseImage: string): Promise<Daemons> {
  const kubernetes = await kubernetesBinaries();
  const runtime = containerd(layout, await nodeBinaries(), pauseImage);
  return {
    foundation: [[etcd(layout, kubernetes), runtime], [apiServer(layout, kubernetes)]],
    rest: [
      await controllerManager(layout, kubernetes, tokens),
      await scheduler(layout, kubernetes, tokens),
      await kubelet(layout, kubernetes, tokens),
      await kubeProxy(layout, kubernetes, tokens),
      traefik(layout, await traefikBinary(), tokens),
    ],
  };
}
