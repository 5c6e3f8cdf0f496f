import { expect, it } from "vitest";
import { AddressGuard } from "./address-guard.ts";

const guard = new AddressGuard({ allowed: ["127.9.0.0/16"], denied: ["10.96.0.0/12", "fd12::/16"] });

it.each([
  "127.0.0.1",
  "0.0.0.0",
  "169.254.169.254",
  "169.254.0.1",
  "224.0.0.1",
  "255.255.255.255",
  "100.100.100.200",
  "168.63.129.16",
  "64:ff9b:1::a9fe:a9fe",
  "::",
  "::1",
  "fe80::1",
  "fd00:ec2::254",
  "::ffff:127.0.0.1",
  "::ffff:a9fe:a9fe",
  "64:ff9b::169.254.169.254",
  "64:ff9b::a9fe:a9fe",
  "2002:7f00:1::",
  "10.96.0.1",
  "::ffff:10.100.0.1",
  "fd12::1",
  "",
  "no address",
])("keeps from %s", (address) => {
  expect(guard.allows(address)).toBe(false);
});

it.each([
  "93.184.216.34",
  "10.0.0.7",
  "192.168.1.1",
  "2606:2800:220:1::1",
  "fd00::1",
  "127.9.0.1",
  "::ffff:127.9.0.1",
  "64:ff9b::5db8:d822",
  "2002:5db8:d822::1",
])("lets to %s", (address) => {
  expect(guard.allows(address)).toBe(true);
});

it.each(["10.0.0.0", "10.0.0.0/33", "10.0.0/8", "fd00::/129", "example.com/8", "10.0.0.0/", "/8"])(
  "says that %s is no network",
  (network) => {
    expect(() => new AddressGuard({ allowed: [], denied: [network] })).toThrow(`"${network}" is no network`);
  },
);
