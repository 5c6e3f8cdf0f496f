import { beforeEach, describe, expect, it } from "vitest";
import { ByteSink } from "./byte-sink.ts";
import { errno } from "./errno.ts";
import { GuestMemory } from "./guest-memory.ts";
import { Exit, wasiImports } from "./imports.ts";

type Call = (...operands: (number | bigint)[]) => number;

describe("wasiImports", () => {
  let memory: WebAssembly.Memory;
  let view: DataView;
  let stdout: ByteSink;
  let wasi: Record<string, Call>;

  beforeEach(() => {
    memory = new WebAssembly.Memory({ initial: 4 });
    view = new DataView(memory.buffer);
    stdout = new ByteSink(8);
    const guest = new GuestMemory();
    guest.attach(memory);
    const input = { args: ["app", "é"], env: { A: "1" }, stdin: Uint8Array.from([1, 2, 3]) };
    wasi = wasiImports(guest, input, stdout, new ByteSink(8)) as Record<string, Call>;
  });

  const text = (at: number, length: number) =>
    new TextDecoder().decode(new Uint8Array(memory.buffer, at, length));

  it("gives arguments as zero-terminated UTF-8", () => {
    wasi["args_sizes_get"]?.(0, 4);
    expect([view.getUint32(0, true), view.getUint32(4, true)]).toEqual([2, 7]);
    wasi["args_get"]?.(8, 64);
    expect([view.getUint32(8, true), view.getUint32(12, true), text(64, 7)]).toEqual([64, 68, "app\0é\0"]);
  });

  it("reads stdin over several buffers, then its end", () => {
    for (const [index, length] of [2, 4].entries()) {
      view.setUint32(8 * index, 100 + 10 * index, true);
      view.setUint32(8 * index + 4, length, true);
    }
    expect([wasi["fd_read"]?.(0, 0, 2, 40), view.getUint32(40, true)]).toEqual([errno.success, 3]);
    expect([view.getUint8(100), view.getUint8(101), view.getUint8(110)]).toEqual([1, 2, 3]);
    expect([wasi["fd_read"]?.(0, 0, 2, 40), view.getUint32(40, true)]).toEqual([errno.success, 0]);
  });

  it("refuses output beyond the limit", () => {
    view.setUint32(4, 9, true);
    expect(wasi["fd_write"]?.(1, 0, 1, 40)).toBe(errno.fbig);
  });

  it("knows three descriptors until they are closed", () => {
    expect([wasi["fd_fdstat_get"]?.(2, 64), wasi["fd_fdstat_get"]?.(3, 64)]).toEqual([
      errno.success,
      errno.badf,
    ]);
    expect([wasi["fd_close"]?.(1), wasi["fd_close"]?.(1), wasi["fd_write"]?.(1, 0, 0, 40)]).toEqual([
      errno.success,
      errno.badf,
      errno.badf,
    ]);
  });

  it("says that streams are no terminals and cannot be moved in", () => {
    wasi["fd_fdstat_get"]?.(1, 64);
    expect([view.getUint8(64), wasi["fd_seek"]?.(1, 0n, 0, 40)]).toEqual([0, errno.spipe]);
  });

  it("has no directories", () => {
    expect([wasi["fd_prestat_get"]?.(3, 64), wasi["path_open"]?.(3, 0, 0, 0, 0, 0n, 0n, 0, 64)]).toEqual([
      errno.badf,
      errno.badf,
    ]);
  });

  it("moves time forward with every reading, and by a wait's length", () => {
    const read = () => (wasi["clock_time_get"]?.(1, 0n, 0), view.getBigUint64(0, true));
    const start = read();
    expect(read()).toBeGreaterThan(start);
    const subscription = 128;
    view.setBigUint64(subscription, 7n, true);
    view.setBigUint64(subscription + 24, 60_000_000_000n, true);
    expect(wasi["poll_oneoff"]?.(subscription, 256, 1, 40)).toBe(errno.success);
    expect([view.getUint32(40, true), view.getBigUint64(256, true)]).toEqual([1, 7n]);
    expect(read() - start).toBeGreaterThanOrEqual(60_000_000_000n);
  });

  it("prefers a ready stream to a clock", () => {
    const [clock, stdin] = [128, 176];
    view.setBigUint64(clock + 24, 60_000_000_000n, true);
    view.setBigUint64(stdin, 9n, true);
    view.setUint8(stdin + 8, 1);
    wasi["poll_oneoff"]?.(clock, 256, 2, 40);
    expect([view.getUint32(40, true), view.getBigUint64(256, true), view.getBigUint64(272, true)]).toEqual([
      1,
      9n,
      3n,
    ]);
  });

  it("fills more memory with random bytes than the engine gives at once", () => {
    wasi["random_get"]?.(0, 200_000);
    expect(new Uint8Array(memory.buffer, 190_000, 10_000).some((byte) => byte !== 0)).toBe(true);
  });

  it("ends the command by an exit", () => {
    expect(() => wasi["proc_exit"]?.(3)).toThrow(Exit);
  });
});
