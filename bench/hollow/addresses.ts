/** Addresses of the hollow node's pods, beside those of real ones. */

/** Room for sixty thousand pods. */
export const podRange = "10.250.0.0/16";

export class Addresses {
  readonly #free: string[] = [];
  #next = 1;

  take(): string {
    const freed = this.#free.shift();
    if (freed !== undefined) return freed;
    const number = this.#next++;
    return `10.250.${Math.floor(number / 250)}.${(number % 250) + 1}`;
  }

  /** Nobody listens there any more. */
  release(address: string): void {
    this.#free.push(address);
  }
}
