/** A function that is in no cluster: its uid follows from its name. */
import { createHash } from "node:crypto";
import type { FunctionIdentity } from "../../operator/api/function-identity.ts";
import { functionKey } from "../../operator/api/v1alpha1/names.ts";

export function identityOf(name: string): FunctionIdentity {
  const uid = `00000000-0000-4000-8000-${createHash("sha256").update(name).digest("hex").slice(0, 12)}`;
  return { namespace: "shop", name, uid, key: functionKey(uid) };
}
