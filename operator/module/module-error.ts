/** Why bytes cannot run. */
import type { ModuleReason } from "../api/v1alpha1/conditions.ts";

export type ModuleRefusal = Exclude<ModuleReason, "Resolved" | "ModuleNotFound">;

/** message is a sentence for the module's author. */
export class ModuleError extends Error {
  override readonly name = "ModuleError";
  readonly reason: ModuleRefusal;
  constructor(reason: ModuleRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** At most five names, and how many more there are. */
export function namesOf(names: readonly string[]): string {
  const more = names.length > 5 ? ` and ${names.length - 5} more` : "";
  return `${names.slice(0, 5).join(", ")}${more}`;
}
