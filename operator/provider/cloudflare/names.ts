/** Names of a function at Cloudflare. They follow from its uid, so that no two clusters use the same. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";

const ownTag = "managed-by-ebb";

export function scriptName(key: FunctionKey): string {
  return `ebb-${key}`;
}

export function hostOf(key: FunctionKey, subdomain: string): string {
  return `${scriptName(key)}.${subdomain}.workers.dev`;
}

/** A script that has these is Ebb's, for this function. */
export function tagsOf({ uid }: FunctionIdentity): string[] {
  return [ownTag, `ebb-uid-${uid}`];
}

export function isOwn(fn: FunctionIdentity, { tags }: { readonly tags?: readonly string[] | null }): boolean {
  return tagsOf(fn).every((tag) => tags?.includes(tag) === true);
}
