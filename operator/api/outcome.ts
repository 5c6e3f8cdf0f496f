/** What a level-based call saw: its part holds, or what is still missing. */
export type Outcome = Done | Pending;

export interface Done {
  readonly done: true;
}

export interface Pending {
  readonly done: false;
  /** CamelCase, used as a condition's reason. */
  readonly reason: string;
  /** One sentence for a person: what is awaited, and of which object. Holds no secret. */
  readonly message: string;
  /** Milliseconds until it is worth while to look again; undefined when that is soon, or an event tells. */
  readonly after?: number;
}

export const done: Done = { done: true };

export function pending(reason: string, message: string, after?: number): Pending {
  return { done: false, reason, message, ...(after === undefined ? {} : { after }) };
}
