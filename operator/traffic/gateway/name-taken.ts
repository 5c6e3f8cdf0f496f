/** Says that an object of a name that Ebb needs is somebody else's; such an object is left alone. */
import { type Outcome, pending } from "../../api/outcome.ts";
import { labels, managedByEbb } from "../../api/v1alpha1/names.ts";
import type { KubeObject, Resource } from "../../kube/resource.ts";

export class NameTaken extends Error {
  readonly outcome: Outcome;

  constructor(resource: Resource, object: KubeObject) {
    const label = `${labels.managedBy}=${managedByEbb}`;
    const { name } = object.metadata;
    super(`${resource.kind} ${name} is not Ebb's: it lacks the label ${label}. Rename or delete it.`);
    this.name = "NameTaken";
    this.outcome = pending("NameTaken", this.message);
  }
}

export function notOurs(resource: Resource, object: KubeObject): Outcome {
  return new NameTaken(resource, object).outcome;
}
