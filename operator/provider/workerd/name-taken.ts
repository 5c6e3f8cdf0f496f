/** An object of the name that Ebb needs is there and is not Ebb's: a person must rename or remove it. */
import type { Ref } from "../../kube/resource.ts";

export class NameTaken extends Error {
  override readonly name = "NameTaken";

  constructor(kind: string, ref: Ref) {
    super(
      `${kind} ${ref.name} in namespace ${ref.namespace ?? ""} is not Ebb's, and the pool needs its name.`,
    );
  }
}
