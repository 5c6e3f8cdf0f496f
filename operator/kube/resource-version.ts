/** Order of resourceVersions: the API promises decimal numbers of any length that grow with each change of a kind. */
import type { KubeObject } from "./resource.ts";

/** Whether left is a later version than right; false when right is unknown to be older, as for an empty one. */
export function isNewer(left: string | undefined, right: string | undefined): boolean {
  if (left === undefined || left === "") return false;
  if (right === undefined || right === "") return true;
  return left.length === right.length ? left > right : left.length > right.length;
}

/**
 * Whether known is the newest that anybody here has heard of: cached, which a watch keeps, is the same or, after a write of
 * our own, lags behind it.
 */
export function isCurrent(known: KubeObject, cached: KubeObject | undefined): boolean {
  if (cached === undefined || cached.metadata.uid !== known.metadata.uid) return false;
  return !isNewer(cached.metadata.resourceVersion, known.metadata.resourceVersion);
}
