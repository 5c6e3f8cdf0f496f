/** Standard streams of a command: the only file descriptors there are, 0 to 2. */
import type { ByteSink } from "./byte-sink.ts";
import { errno } from "./errno.ts";
import type { Errno } from "./errno.ts";
import type { GuestMemory } from "./guest-memory.ts";

const rights = { read: 1n << 1n, write: 1n << 6n, filestat: 1n << 21n, poll: 1n << 27n };

export class Streams {
  readonly #memory: GuestMemory;
  readonly #stdin: Uint8Array;
  readonly #sinks: ReadonlyMap<number, ByteSink>;
  readonly #open = new Set([0, 1, 2]);
  #position = 0;

  constructor(memory: GuestMemory, stdin: Uint8Array, stdout: ByteSink, stderr: ByteSink) {
    this.#memory = memory;
    this.#stdin = stdin;
    this.#sinks = new Map([
      [1, stdout],
      [2, stderr],
    ]);
  }

  isOpen(fd: number): boolean {
    return this.#open.has(fd);
  }

  /** Bytes that fd_read can still give. */
  get unread(): number {
    return this.#stdin.length - this.#position;
  }

  read(fd: number, vectors: number, count: number, size: number): Errno {
    if (fd !== 0 || !this.isOpen(fd)) return errno.badf;
    let total = 0;
    for (const target of this.#memory.vectors(vectors, count)) {
      const part = this.#stdin.subarray(this.#position, this.#position + target.length);
      target.set(part);
      this.#position += part.length;
      total += part.length;
    }
    this.#memory.view().setUint32(size, total, true);
    return errno.success;
  }

  write(fd: number, vectors: number, count: number, size: number): Errno {
    const sink = this.#sinks.get(fd);
    if (sink === undefined || !this.isOpen(fd)) return errno.badf;
    let total = 0;
    for (const source of this.#memory.vectors(vectors, count)) {
      if (!sink.write(source)) return errno.fbig;
      total += source.length;
    }
    this.#memory.view().setUint32(size, total, true);
    return errno.success;
  }

  close(fd: number): Errno {
    return this.#open.delete(fd) ? errno.success : errno.badf;
  }

  /** File type stays unknown, as of a pipe: a character device would be taken for a terminal. */
  fdstat(fd: number, pointer: number): Errno {
    if (!this.isOpen(fd)) return errno.badf;
    const view = this.#memory.view();
    view.setBigUint64(pointer, 0n, true);
    view.setBigUint64(
      pointer + 8,
      (fd === 0 ? rights.read : rights.write) | rights.filestat | rights.poll,
      true,
    );
    view.setBigUint64(pointer + 16, 0n, true);
    return errno.success;
  }

  filestat(fd: number, pointer: number): Errno {
    if (!this.isOpen(fd)) return errno.badf;
    this.#memory.bytes().fill(0, pointer, pointer + 64);
    return errno.success;
  }
}
