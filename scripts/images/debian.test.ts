import { expect, test } from "vitest";
import { debianPackages, ownersOf } from "./debian.ts";

test("a path is found in whichever of /lib and /usr/lib its package names", () => {
  const printed = [
    "libstdc++6:amd64: /usr/lib/x86_64-linux-gnu/libstdc++.so.6",
    "libc6:amd64: /lib64/ld-linux-x86-64.so.2",
    "libc6-i386: /usr/libx32/lib64/ld-linux-x86-64.so.2",
  ].join("\n");
  const paths = ["/lib/x86_64-linux-gnu/libstdc++.so.6", "/usr/lib64/ld-linux-x86-64.so.2", "/opt/own"];
  expect([...ownersOf(paths, printed)]).toEqual([
    [paths[0], "libstdc++6:amd64"],
    [paths[1], "libc6:amd64"],
  ]);
});

test("the C library of this machine has a version, and a file of nobody has no package", async () => {
  const shell = "/bin/sh";
  const found = await debianPackages([shell, import.meta.filename]);
  expect([...found.keys()]).toEqual([shell]);
  expect(found.get(shell)).toMatchObject({
    version: expect.stringMatching(/^\d/),
    distribution: expect.stringMatching(/^[a-z]+/),
  });
});
