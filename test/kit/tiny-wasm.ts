/** WASI commands of a few bytes, assembled here, so that tests of the pool need no toolchain. */

export interface TinyCommand {
  /** Written to stderr before anything else. */
  readonly stderr?: string;
  /** Written to stdout, all of it, before the rest. */
  readonly stdout?: string;
  /** Then the environment (`NAME=value`, each ended by a zero byte) is written to stdout. */
  readonly printEnvironment?: boolean;
  /** Then stdin, up to 16 KiB of it, is copied to stdout. */
  readonly echo?: boolean;
  /** `fill` takes memory and writes to all of it, 16 MiB at a time, and traps when there is no more. */
  readonly end?: "return" | "trap" | "fill" | { readonly exit: number };
}

const importNames = ["fd_write", "fd_read", "environ_sizes_get", "environ_get", "proc_exit"] as const;
const functionTypes: readonly (readonly number[])[] = [
  [4, 1],
  [4, 1],
  [2, 1],
  [2, 1],
  [1, 0],
];
const at = { iovec: 0, size: 8, environmentSize: 12, pointers: 1024, buffer: 8192, text: 32_768 };
const i32 = 0x7f;
const header = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

export function tinyCommand(command: TinyCommand): Uint8Array<ArrayBuffer> {
  const stdout = [...new TextEncoder().encode(command.stdout ?? "")];
  const stderr = [...new TextEncoder().encode(command.stderr ?? "")];
  const text = [...stdout, ...stderr];
  const write = (fd: number, from: number, length: number) =>
    length > 0 ? call("fd_write", fd, ...iovec(from, constant(length))) : [];
  const body = [
    ...write(2, at.text + stdout.length, stderr.length),
    ...write(1, at.text, stdout.length),
    ...(command.printEnvironment === true ? printEnvironment() : []),
    ...(command.echo === true ? echo() : []),
    ...ending(command.end ?? "return"),
  ];
  const start = importNames.length;
  return Uint8Array.from([
    ...header,
    ...section(1, [
      ...functionTypes.map(([params = 0, results = 0]) => signature(params, results)),
      signature(0, 0),
    ]),
    ...section(
      2,
      importNames.map((name, index) => [...string("wasi_snapshot_preview1"), ...string(name), 0, index]),
    ),
    ...section(3, [[start]]),
    ...section(5, [[0, 1]]),
    ...section(7, [
      [...string("_start"), 0, start],
      [...string("memory"), 2, 0],
    ]),
    ...section(10, [sized([0, ...body, 0x0b])]),
    ...section(11, [[0, ...constant(at.text), 0x0b, ...sized(text)]]),
  ]);
}

function printEnvironment(): number[] {
  return [
    ...call("environ_sizes_get", constant(at.size), constant(at.environmentSize)),
    ...call("environ_get", constant(at.pointers), constant(at.buffer)),
    ...call("fd_write", 1, ...iovec(at.buffer, load(at.environmentSize))),
  ];
}

function echo(): number[] {
  return [
    ...call("fd_read", 0, ...iovec(at.buffer, constant(16_384))),
    ...call("fd_write", 1, ...iovec(at.buffer, load(at.size))),
  ];
}

function ending(end: NonNullable<TinyCommand["end"]>): number[] {
  if (end === "return") return [];
  if (end === "fill") return fill();
  return end === "trap" ? [0x00] : [...constant(end.exit), 0x10, importNames.indexOf("proc_exit")];
}

/** `loop`: grow; when that gives -1 `unreachable`; fill from the former end on; again. */
function fill(): number[] {
  const pages = 256;
  const grown = [...constant(pages), 0x40, 0];
  const none = [...load(at.size), ...constant(-1), 0x46];
  const former = [...load(at.size), ...constant(16), 0x74];
  const filled = [...former, ...constant(1), ...constant(pages * 65_536), 0xfc, 0x0b, 0];
  return [0x03, 0x40, ...store(at.size, grown), ...none, 0x04, 0x40, 0x00, 0x0b, ...filled, 0x0c, 0, 0x0b];
}

/** Operands of fd_read and fd_write after the descriptor; the stores come first. */
function iovec(
  pointer: number,
  length: readonly number[],
): [stores: number[], iovec: number[], one: number[], size: number[]] {
  const stores = [...store(at.iovec, constant(pointer)), ...store(at.iovec + 4, length)];
  return [stores, constant(at.iovec), constant(1), constant(at.size)];
}

/** A call whose result is dropped; a leading number is the descriptor. */
function call(
  name: (typeof importNames)[number],
  ...operands: readonly (number | readonly number[])[]
): number[] {
  const [first, ...rest] = operands;
  const descriptor = typeof first === "number";
  const ordered = descriptor ? [rest[0] ?? [], constant(first), ...rest.slice(1)] : operands;
  return [...ordered.flatMap((operand) => operand), 0x10, importNames.indexOf(name), 0x1a];
}

function store(address: number, value: readonly number[]): number[] {
  return [...constant(address), ...value, 0x36, 2, 0];
}

function load(address: number): number[] {
  return [...constant(address), 0x28, 2, 0];
}

function constant(value: number): number[] {
  return [0x41, ...signedLeb(value)];
}

function signature(params: number, results: number): number[] {
  return [0x60, params, ...Array<number>(params).fill(i32), results, ...Array<number>(results).fill(i32)];
}

function section(id: number, items: readonly (readonly number[])[]): number[] {
  return [id, ...sized([...unsignedLeb(items.length), ...items.flat()])];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsignedLeb(bytes.length), ...bytes];
}

function string(text: string): number[] {
  return sized([...new TextEncoder().encode(text)]);
}

function unsignedLeb(value: number): number[] {
  const low = value & 0x7f;
  return value < 0x80 ? [low] : [low | 0x80, ...unsignedLeb(value >>> 7)];
}

function signedLeb(value: number): number[] {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signedLeb(rest)];
}
