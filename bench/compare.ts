/** How a figure stands beside its peer and its target. */
import type { Figure } from "./row.ts";

/** A figure with what follows from it, as it is stored. */
export interface Compared extends Figure {
  /** value / peer; missing when there is no peer or it is 0. */
  readonly ratioToPeer?: number;
  /** value / target, at most 1 when the target is met; missing when there is no target or it is 0. */
  readonly ratioToTarget?: number;
  readonly isMet?: boolean;
}

export function compare(figure: Figure): Compared {
  const { value, peer, target } = figure;
  return {
    ...figure,
    ...(peer !== undefined && peer.value !== 0 && { ratioToPeer: rounded(value / peer.value) }),
    ...(target !== undefined && target.atMost !== 0 && { ratioToTarget: rounded(value / target.atMost) }),
    ...(target !== undefined && { isMet: value <= target.atMost }),
  };
}

/** Three digits that say something: more would claim a precision that no run has. */
export function rounded(value: number): number {
  return Number(value.toPrecision(3));
}

/** The value that the share of samples is not above, such as 0.99; samples are not empty. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((a, b) => a - b);
  const at = Math.min(Math.max(Math.ceil(sorted.length * share) - 1, 0), sorted.length - 1);
  const found = sorted[at];
  if (found === undefined) throw new Error("a percentile needs samples");
  return found;
}

export function median(samples: readonly number[]): number {
  return percentile(samples, 0.5);
}
