/** What was found out of one signature. */
import type { PublicKey } from "./public-keys.ts";

export type Verdict =
  | { readonly kind: "Signed"; readonly by: PublicKey }
  /** One of the keys has made it, over what has another digest. */
  | { readonly kind: "Other"; readonly digest: string }
  /** why follows the signature's name. */
  | { readonly kind: "Invalid"; readonly why: string };
