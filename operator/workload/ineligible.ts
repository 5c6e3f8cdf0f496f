/** A workload that cannot move as it is; a person must change it. */
import type { EligibleReason } from "../api/v1alpha1/conditions.ts";

export class Ineligible extends Error {
  readonly reason: EligibleReason;
  /** message names the field or object, what was found and what to do. */
  constructor(reason: EligibleReason, message: string) {
    super(message);
    this.name = "Ineligible";
    this.reason = reason;
  }
}
