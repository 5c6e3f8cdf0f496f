/** The one interface of everything that `npm run bench` measures. */
import type { EbbOnCluster } from "../test/e2e/harness/ebb-on-cluster.ts";

/** One row of the benchmark; it lives in the file of its name in bench/rows. */
export interface Row {
  /** What stands behind `npm run bench`. */
  readonly name: string;
  /** What is measured, in one sentence. */
  readonly title: string;
  /**
   * Measures the product and its peer, one close after the other on the same machine.
   * Errors: throws when something could not be measured; the run then goes on with the other rows and fails in the end.
   */
  measure(bench: Bench): Promise<readonly Figure[]>;
}

/** One number, with what it is to be compared with. */
export interface Figure {
  /** Of what, in a few words; unique in its row. */
  readonly what: string;
  readonly value: number;
  /** Of the value, the peer and the target. */
  readonly unit: string;
  readonly peer?: Peer;
  readonly target?: Target;
}

/** The same thing measured of something else in the same run. */
interface Peer {
  readonly what: string;
  readonly value: number;
}

/** What the value should not be above. */
interface Target {
  readonly atMost: number;
  /** As the design says it, such as "pod start + 2 s". */
  readonly says: string;
}

/** What a row has to work with. */
export interface Bench {
  /** The benchmark's own cluster with this tree's Ebb in it: brought up by the first row that asks, shared by all. */
  cluster(): Promise<EbbOnCluster>;
  /** Tells a person what goes on. */
  log(line: string): void;
  /** Registers what must be undone when the row ends, well or not; the last registered is undone first. */
  defer(undo: () => Promise<void>): void;
}
