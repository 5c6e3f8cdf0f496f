/** Lets suspected versions run one at a time, so that the one that stalls the process is the one whose turn it is. */

/** Milliseconds after which a turn may be taken from calls that have not answered: they wait, and do not loop. */
const longest = 100;
const pollAgain = 2;

interface Turn {
  readonly name: string;
  readonly endsAt: number;
  calls: number;
}

export class Turns {
  readonly #now: () => number;
  #turn: Turn | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Resolves when it is name's turn, which all calls of name share. The result is called when the call has answered; it
   * is true when the turn is over with that. A caller that goes away without a word keeps nobody for longer than a turn.
   */
  async take(name: string): Promise<() => boolean> {
    while (this.#isTaken() && this.#turn?.name !== name)
      await new Promise((resolve) => setTimeout(resolve, pollAgain));
    const turn = this.#isTaken() && this.#turn !== undefined ? this.#turn : this.#begin(name);
    turn.calls += 1;
    return () => {
      turn.calls -= 1;
      if (turn.calls > 0 || this.#turn !== turn) return false;
      this.#turn = undefined;
      return true;
    };
  }

  #isTaken(): boolean {
    return this.#turn !== undefined && this.#now() < this.#turn.endsAt;
  }

  #begin(name: string): Turn {
    this.#turn = { name, endsAt: this.#now() + longest, calls: 0 };
    return this.#turn;
  }
}
