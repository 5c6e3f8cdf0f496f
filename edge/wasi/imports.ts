/** All functions of wasi_snapshot_preview1, for a command with three streams and nothing else. */
import type { ByteSink } from "./byte-sink.ts";
import { errno } from "./errno.ts";
import { GuestClock } from "./guest-clock.ts";
import type { GuestMemory } from "./guest-memory.ts";
import { Streams } from "./streams.ts";
import { StringList } from "./string-list.ts";

export interface CommandInput {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
}

/** Thrown through the module's frames by proc_exit. */
export class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}

/** There are no directories, so every path starts at a descriptor that is not open. */
const noDirectory = (): number => errno.badf;
const unsupported = (): number => errno.nosys;
/** getRandomValues refuses more than this at once. */
const randomChunk = 65_536;

export function wasiImports(
  memory: GuestMemory,
  input: CommandInput,
  stdout: ByteSink,
  stderr: ByteSink,
): WebAssembly.ModuleImports {
  const args = new StringList(memory, input.args);
  const environ = new StringList(
    memory,
    Object.entries(input.env).map(([name, value]) => `${name}=${value}`),
  );
  const streams = new Streams(memory, input.stdin, stdout, stderr);
  const clock = new GuestClock(memory, Date.now);
  return {
    args_get: (pointers: number, buffer: number) => args.copy(pointers, buffer),
    args_sizes_get: (count: number, bytes: number) => args.sizes(count, bytes),
    environ_get: (pointers: number, buffer: number) => environ.copy(pointers, buffer),
    environ_sizes_get: (count: number, bytes: number) => environ.sizes(count, bytes),
    clock_res_get: (id: number, pointer: number) => clock.resolution(id, pointer),
    clock_time_get: (id: number, _precision: bigint, pointer: number) => clock.time(id, pointer),
    poll_oneoff: (input: number, output: number, count: number, size: number) =>
      clock.poll(streams, input, output, count, size),
    proc_exit: (code: number) => {
      throw new Exit(code);
    },
    random_get: (pointer: number, length: number) => fillRandom(memory, pointer, length),
    sched_yield: () => errno.success,
    ...streamImports(streams),
    ...refusedImports(streams),
  };
}

function streamImports(streams: Streams): WebAssembly.ModuleImports {
  const ifOpen = (code: number) => (fd: number) => (streams.isOpen(fd) ? code : errno.badf);
  return {
    fd_read: (fd: number, vectors: number, count: number, size: number) =>
      streams.read(fd, vectors, count, size),
    fd_write: (fd: number, vectors: number, count: number, size: number) =>
      streams.write(fd, vectors, count, size),
    fd_close: (fd: number) => streams.close(fd),
    fd_fdstat_get: (fd: number, pointer: number) => streams.fdstat(fd, pointer),
    fd_filestat_get: (fd: number, pointer: number) => streams.filestat(fd, pointer),
    fd_fdstat_set_flags: ifOpen(errno.success),
    fd_fdstat_set_rights: ifOpen(errno.success),
    fd_sync: ifOpen(errno.success),
    fd_datasync: ifOpen(errno.success),
    fd_advise: ifOpen(errno.spipe),
    fd_allocate: ifOpen(errno.spipe),
    fd_pread: ifOpen(errno.spipe),
    fd_pwrite: ifOpen(errno.spipe),
    fd_seek: ifOpen(errno.spipe),
    fd_tell: ifOpen(errno.spipe),
    fd_filestat_set_size: ifOpen(errno.inval),
    fd_filestat_set_times: ifOpen(errno.notsup),
    fd_renumber: ifOpen(errno.notsup),
    sock_accept: ifOpen(errno.notsock),
    sock_recv: ifOpen(errno.notsock),
    sock_send: ifOpen(errno.notsock),
    sock_shutdown: ifOpen(errno.notsock),
  };
}

function refusedImports(streams: Streams): WebAssembly.ModuleImports {
  const notDirectory = (fd: number): number => (streams.isOpen(fd) ? errno.notsup : errno.badf);
  return {
    fd_prestat_get: noDirectory,
    fd_prestat_dir_name: noDirectory,
    fd_readdir: notDirectory,
    path_create_directory: notDirectory,
    path_filestat_get: notDirectory,
    path_filestat_set_times: notDirectory,
    path_link: notDirectory,
    path_open: notDirectory,
    path_readlink: notDirectory,
    path_remove_directory: notDirectory,
    path_rename: notDirectory,
    path_symlink: noDirectory,
    path_unlink_file: notDirectory,
    proc_raise: unsupported,
  };
}

function fillRandom(memory: GuestMemory, pointer: number, length: number): number {
  const bytes = memory.bytes().subarray(pointer, pointer + length);
  for (let at = 0; at < length; at += randomChunk) {
    crypto.getRandomValues(bytes.subarray(at, Math.min(at + randomChunk, length)) as Uint8Array<ArrayBuffer>);
  }
  return errno.success;
}
