import { expect, test } from "vitest";
import { librariesOf } from "./shared-libraries.ts";

test("the loader and the libraries are named, the kernel's vdso is not", () => {
  const ldd = [
    "\tlinux-vdso.so.1 (0x00007ffa81ae2000)",
    "\tlibm.so.6 => /lib/x86_64-linux-gnu/libm.so.6 (0x00007fadb2320000)",
    "\tlibc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x00007fadb213e000)",
    "\t/lib64/ld-linux-x86-64.so.2 (0x00007fadb26a6000)",
  ];
  expect(librariesOf(ldd.join("\n"))).toEqual([
    "/lib/x86_64-linux-gnu/libc.so.6",
    "/lib/x86_64-linux-gnu/libm.so.6",
    "/lib64/ld-linux-x86-64.so.2",
  ]);
});

test("a library that this machine does not have is named", () => {
  expect(() => librariesOf("\tlibssl.so.9 => not found\n")).toThrow("this machine does not have libssl.so.9");
});
