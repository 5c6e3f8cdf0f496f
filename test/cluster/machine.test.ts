import { expect, test } from "vitest";
import { missingPackages, requireLinuxRoot } from "./machine.ts";

test("accepts root on Linux", () => {
  expect(() => requireLinuxRoot("linux", 0)).not.toThrow();
});

test.each([
  ["darwin", 0, /needs Linux: run this in a Linux virtual machine, or .*EBB_CLUSTER=kubeconfig/],
  ["linux", 1000, /needs root .*: run this as root, or .*EBB_CLUSTER=kubeconfig/],
] as const)("names the way out on %s as user %i", (platform, uid, message) => {
  expect(() => requireLinuxRoot(platform, uid)).toThrow(message);
});

test("counts a package that was removed but not purged as missing", () => {
  const list = "gcc installed\niptables config-files\nlibgcc-s1 installed\n";
  expect(missingPackages(["gcc", "iptables", "unzip"], list)).toEqual(["iptables", "unzip"]);
});
