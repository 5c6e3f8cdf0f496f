/** Uids and cluster IPs, in an order that a seed fixes. */
import { createHash } from "node:crypto";

/** A function that returns a new uid a call; equal seeds give equal uids. */
export function deterministicUids(seed: string): () => string {
  let count = 0;
  return () => {
    count += 1;
    const hex = createHash("sha256").update(`${seed}/${count}`).digest("hex");
    return [
      hex.slice(0, 8),
      hex.slice(8, 12),
      `4${hex.slice(13, 16)}`,
      `8${hex.slice(17, 20)}`,
      hex.slice(20, 32),
    ].join("-");
  };
}

/** A function that returns a new address of 10.96.0.0/16 a call. */
export function clusterIps(): () => string {
  let count = 0;
  return () => {
    count += 1;
    return `10.96.${Math.floor(count / 254)}.${(count % 254) + 1}`;
  };
}
