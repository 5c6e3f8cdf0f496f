import { expect, it } from "vitest";
import { apiHost, nameOf, parseReference } from "./reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

it.each([
  ["registry.example.com/shop/checkout:1.4.2", "registry.example.com", "shop/checkout", "1.4.2", undefined],
  ["registry.example.com:5000/checkout:1", "registry.example.com:5000", "checkout", "1", undefined],
  ["localhost:5000/a/b__c/d-e.f:V_1", "localhost:5000", "a/b__c/d-e.f", "V_1", undefined],
  [`ghcr.io/shop/checkout@${digest}`, "ghcr.io", "shop/checkout", undefined, digest],
  [`ghcr.io/shop/checkout:1@${digest}`, "ghcr.io", "shop/checkout", "1", digest],
  ["docker.io/checkout:1", "docker.io", "library/checkout", "1", undefined],
  ["index.docker.io/shop/checkout:1", "docker.io", "shop/checkout", "1", undefined],
])("reads %s", (text, registry, repository, tag, found) => {
  expect(parseReference(text)).toEqual({
    registry,
    repository,
    ...(tag === undefined ? {} : { tag }),
    ...(found === undefined ? {} : { digest: found }),
  });
});

it.each([
  "checkout",
  "registry.example.com/checkout",
  "registry.example.com/Checkout:1",
  "registry.example.com/../checkout:1",
  "registry.example.com/a/:1",
  "https://registry.example.com/checkout:1",
  "me@registry.example.com/checkout:1",
  "registry.example.com/checkout@sha256:abc",
  "registry.example.com/checkout:1?x=y",
])("takes %s for none", (text) => {
  expect(parseReference(text)).toBeUndefined();
});

it("knows where the hub's API is", () => {
  const hub = parseReference("docker.io/checkout:1");
  expect(hub && [apiHost(hub), nameOf(hub)]).toEqual(["registry-1.docker.io", "docker.io/library/checkout"]);
});
