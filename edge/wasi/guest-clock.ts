/**
 * Time as a command sees it. workerd stops its clocks while code runs and cannot sleep inside a call, so a
 * wait moves the command's own clock forward at once, and every reading moves it a little: loops that wait
 * for time to pass end.
 */
import { errno } from "./errno.ts";
import type { Errno } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";
import type { Streams } from "./streams.ts";

const readingNanoseconds = 1000n;
const subscriptionBytes = 48;
const eventBytes = 32;
const eventType = { clock: 0, read: 1 };
const absoluteTime = 1;

interface Wait {
  readonly userdata: bigint;
  readonly type: number;
  /** Nanoseconds still to wait; 0 for a stream, which is always ready. */
  readonly nanoseconds: bigint;
  readonly readable: number;
  readonly error: Errno;
}

export class GuestClock {
  readonly #memory: GuestMemory;
  readonly #now: () => number;
  #ahead = 0n;

  /** now gives milliseconds since the epoch. */
  constructor(memory: GuestMemory, now: () => number) {
    this.#memory = memory;
    this.#now = now;
  }

  time(id: number, pointer: number): Errno {
    if (id > 3) return errno.inval;
    this.#memory.view().setBigUint64(pointer, this.#read(), true);
    return errno.success;
  }

  resolution(id: number, pointer: number): Errno {
    if (id > 3) return errno.inval;
    this.#memory.view().setBigUint64(pointer, readingNanoseconds, true);
    return errno.success;
  }

  /** Streams are ready at once; when only clocks are asked for, the earliest is reached. */
  poll(streams: Streams, input: number, output: number, count: number, size: number): Errno {
    if (count === 0) return errno.inval;
    const waits = Array.from({ length: count }, (_, index) =>
      this.#wait(streams, input + index * subscriptionBytes),
    );
    const shortest = waits.map((wait) => wait.nanoseconds).reduce((a, b) => (b < a ? b : a));
    this.#ahead += shortest;
    const ready = waits.filter((wait) => wait.nanoseconds === shortest);
    for (const [index, wait] of ready.entries()) this.#event(wait, output + index * eventBytes);
    this.#memory.view().setUint32(size, ready.length, true);
    return errno.success;
  }

  #read(): bigint {
    this.#ahead += readingNanoseconds;
    return BigInt(Math.round(this.#now())) * 1_000_000n + this.#ahead;
  }

  #wait(streams: Streams, at: number): Wait {
    const view = this.#memory.view();
    const userdata = view.getBigUint64(at, true);
    const type = view.getUint8(at + 8);
    if (type !== eventType.clock) {
      const fd = view.getUint32(at + 16, true);
      const error = streams.isOpen(fd) ? errno.success : errno.badf;
      return {
        userdata,
        type,
        nanoseconds: 0n,
        readable: type === eventType.read ? streams.unread : 1,
        error,
      };
    }
    const timeout = view.getBigUint64(at + 24, true);
    const absolute = (view.getUint16(at + 40, true) & absoluteTime) !== 0;
    const left = absolute ? timeout - this.#read() : timeout;
    return { userdata, type, nanoseconds: left < 0n ? 0n : left, readable: 0, error: errno.success };
  }

  #event(wait: Wait, at: number): void {
    const view = this.#memory.view();
    this.#memory.bytes().fill(0, at, at + eventBytes);
    view.setBigUint64(at, wait.userdata, true);
    view.setUint16(at + 8, wait.error, true);
    view.setUint8(at + 10, wait.type);
    view.setBigUint64(at + 16, BigInt(wait.readable), true);
  }
}
