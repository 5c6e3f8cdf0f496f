/** How a step ends a pass early, read in one switch, in summarize.ts; any other error is tried again with backoff. */
import type { Pending } from "../api/outcome.ts";

abstract class Ending extends Error {
  /** CamelCase, becomes a condition's reason. */
  readonly reason: string;
  /** A sentence for the object's owner; holds no secret. */
  readonly publicMessage: string;
  constructor(reason: string, publicMessage: string, options?: ErrorOptions) {
    super(publicMessage, options);
    this.name = new.target.name;
    this.reason = reason;
    this.publicMessage = publicMessage;
  }
}

/** A person must act; the next event of an object it depends on starts the next pass. */
export class Stall extends Ending {
  /** Milliseconds until the next look at what sends no event; undefined when all of it does. */
  readonly recheckAfter: number | undefined;
  constructor(
    reason: string,
    publicMessage: string,
    options: ErrorOptions & { readonly recheckAfter?: number } = {},
  ) {
    super(reason, publicMessage, options);
    this.recheckAfter = options.recheckAfter;
  }
}

/** A person asked to stop here; the next event starts the next pass. */
export class Pause extends Ending {}

/** Something is under way; the next pass starts after a time, or with the next event. */
export class Wait extends Ending {
  /** Milliseconds. */
  readonly after: number;
  constructor(reason: string, publicMessage: string, after: number) {
    super(reason, publicMessage);
    this.after = after;
  }
}

/** Something outside did not answer; it is asked again after a time. */
export class Retry extends Ending {
  /** Milliseconds. */
  readonly after: number;
  constructor(
    reason: string,
    publicMessage: string,
    { after = pollMs, ...options }: ErrorOptions & { readonly after?: number | undefined } = {},
  ) {
    super(reason, publicMessage, options);
    this.after = after;
  }
}

/** Milliseconds until the next look at something that sends no event. */
export const pollMs = 1000;

/** Ends the pass so that what it has recorded is in status before the next effect. */
export function checkpoint(reason: string, publicMessage: string): Wait {
  return new Wait(reason, publicMessage, 0);
}

/** Reasons of an edge or a switch that time does not cure. */
const needsPerson: ReadonlySet<string> = new Set([
  "CredentialsForbidden",
  "CredentialsNotFound",
  "CredentialsRejected",
  "EdgeRefused",
  "EdgeTargetChanged",
  "FunctionStalled",
  "ModuleLoadFailed",
  "ModuleTooLarge",
  "NameTaken",
]);

/** What ends a pass that sees outcome. */
export function unfinished({ reason, message, after }: Pending): Stall | Wait {
  if (!needsPerson.has(reason)) return new Wait(reason, message, after ?? pollMs);
  return new Stall(reason, message, after === undefined ? {} : { recheckAfter: after });
}
