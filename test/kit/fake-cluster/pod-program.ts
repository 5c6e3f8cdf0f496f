/** What runs in a pod of the fake cluster, inside this process. */
import type { Pod } from "../../../operator/kube/objects.ts";

/** Files of a pod's ConfigMap and Secret volumes: volume name to file name to content. */
export type Mounts = ReadonlyMap<string, ReadonlyMap<string, Buffer>>;

export interface PodProcess {
  /** The mounted files are others now. */
  filesChanged?(mounts: Mounts): void;
  /** Ends and starts again with its disk; a program without it starts anew. */
  crash?(): Promise<void>;
  stop(): Promise<void>;
}

interface PodStart {
  readonly pod: Pod;
  /** The pod's own loopback address. */
  readonly address: string;
  readonly mounts: Mounts;
}

/** Starts the program; resolves when it listens. */
export type PodProgram = (start: PodStart) => Promise<PodProcess>;
