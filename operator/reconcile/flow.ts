/** How a step ends a pass early; read in one switch, in summarize.ts. */
import type { Pending } from "../api/outcome.ts";

interface Policy {
  /** CamelCase, becomes a condition's reason. */
  readonly reason: string;
  /** A sentence for the object's owner; holds no secret. */
  readonly publicMessage: string;
}

/** A person must act; the next event of an object it depends on starts the next pass. */
export class Stall extends Error implements Policy {
  readonly reason: string;
  readonly publicMessage: string;
  constructor(reason: string, publicMessage: string, options?: ErrorOptions) {
    super(publicMessage, options);
    this.name = "Stall";
    this.reason = reason;
    this.publicMessage = publicMessage;
  }
}

/** A person asked to stop here; the next event starts the next pass. */
export class Pause extends Error implements Policy {
  readonly reason: string;
  readonly publicMessage: string;
  constructor(reason: string, publicMessage: string) {
    super(publicMessage);
    this.name = "Pause";
    this.reason = reason;
    this.publicMessage = publicMessage;
  }
}

/** Something is under way; the next pass starts after a time, or with the next event. */
export class Wait extends Error implements Policy {
  readonly reason: string;
  readonly publicMessage: string;
  /** Milliseconds. */
  readonly after: number;
  constructor(reason: string, publicMessage: string, after: number) {
    super(publicMessage);
    this.name = "Wait";
    this.reason = reason;
    this.publicMessage = publicMessage;
    this.after = after;
  }
}

/** Something failed that time may cure; the next pass starts with backoff. */
export class Retry extends Error implements Policy {
  readonly reason: string;
  readonly publicMessage: string;
  constructor(reason: string, publicMessage: string, options?: ErrorOptions) {
    super(publicMessage, options);
    this.name = "Retry";
    this.reason = reason;
    this.publicMessage = publicMessage;
  }
}

/** Reasons of an edge or a switch that time does not cure. */
const needsPerson: ReadonlySet<string> = new Set(["ModuleLoadFailed", "NameTaken"]);

/** What ends a pass that sees outcome. */
export function unfinished(outcome: Pending, after: number = pollMs): Stall | Wait {
  const { reason, message } = outcome;
  return needsPerson.has(reason) ? new Stall(reason, message) : new Wait(reason, message, after);
}

/** Milliseconds until the next look at something that sends no event. */
export const pollMs = 1000;

/** Ends the pass so that what it has recorded is in status before the next effect. */
export function checkpoint(reason: string, publicMessage: string): Wait {
  return new Wait(reason, publicMessage, 0);
}
