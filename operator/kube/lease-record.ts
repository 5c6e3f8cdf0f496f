/** What a Lease says about who leads, read by the rules of client-go: times of other machines are never compared with ours. */
import type { Lease } from "./lease-objects.ts";

/** The version of a Lease that was seen, and when it was first seen. */
export interface Sighting {
  readonly lease: Lease;
  /** In elapsed milliseconds of our own. */
  readonly at: number;
}

/** The sighting of lease: the former one as long as the holder has not written since. */
export function sight(former: Sighting | undefined, lease: Lease, now: number): Sighting {
  const same =
    former !== undefined &&
    former.lease.metadata.uid === lease.metadata.uid &&
    former.lease.metadata.resourceVersion === lease.metadata.resourceVersion;
  return same ? former : { lease, at: now };
}

/** Whether identity may write itself into the lease. */
export function isFree(sighting: Sighting, identity: string, defaultMs: number, now: number): boolean {
  const spec = sighting.lease.spec ?? {};
  if (!spec.holderIdentity || spec.holderIdentity === identity) return true;
  const durationMs = spec.leaseDurationSeconds === undefined ? defaultMs : spec.leaseDurationSeconds * 1000;
  return now - sighting.at > durationMs;
}

/** The spec that makes identity the holder. */
export function heldSpec(
  former: Lease | undefined,
  identity: string,
  durationMs: number,
  now: number,
): NonNullable<Lease["spec"]> {
  const spec = former?.spec ?? {};
  const time = microTime(now);
  const mine = spec.holderIdentity === identity;
  return {
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: mine ? (spec.acquireTime ?? time) : time,
    renewTime: time,
    leaseTransitions: (spec.leaseTransitions ?? 0) + (mine || former === undefined ? 0 : 1),
  };
}

/** RFC 3339 with microseconds, as the API wants it. */
export function microTime(now: number): string {
  return new Date(now).toISOString().replace("Z", "000Z");
}
