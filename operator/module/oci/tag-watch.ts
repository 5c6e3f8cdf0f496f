/** When the tags of functions that follow them are looked up next, and what was found. */
import type { Clock } from "../../api/clock.ts";

/** What is known of a tag. */
export interface FollowedTag {
  /** Undefined when none was found yet. */
  readonly digest?: string | undefined;
  /** Why the last look-up failed, in a sentence. */
  readonly trouble?: string | undefined;
}

interface Look extends FollowedTag {
  readonly reference: string;
  readonly due: number;
}

/** Milliseconds after which a function that does not come any more is forgotten. */
const forgetMs = 86_400_000;

export class TagWatch {
  readonly #clock: Clock;
  /** By the function's uid. */
  readonly #looks = new Map<string, Look>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Milliseconds; 0 for what was never looked up. */
  dueIn(uid: string, reference: string): number {
    const look = this.#of(uid, reference);
    return look === undefined ? 0 : Math.max(0, look.due - this.#clock.now());
  }

  latest(uid: string, reference: string): FollowedTag {
    return this.#of(uid, reference) ?? {};
  }

  /** The next look is due in interval milliseconds. A digest that was found before outlives a look-up that fails. */
  looked(uid: string, reference: string, found: FollowedTag, interval: number): void {
    const now = this.#clock.now();
    for (const [other, { due }] of this.#looks) if (now - due > forgetMs) this.#looks.delete(other);
    const digest = found.digest ?? this.latest(uid, reference).digest;
    this.#looks.set(uid, { ...found, digest, reference, due: now + interval });
  }

  #of(uid: string, reference: string): Look | undefined {
    const look = this.#looks.get(uid);
    return look?.reference === reference ? look : undefined;
  }
}
