/** Order of resourceVersions: the API promises decimal numbers of any length that grow with each change of a kind. */

/** Whether left is a later version than right; false when right is unknown to be older, as for an empty one. */
export function isNewer(left: string | undefined, right: string | undefined): boolean {
  if (left === undefined || left === "") return false;
  if (right === undefined || right === "") return true;
  return left.length === right.length ? left > right : left.length > right.length;
}
