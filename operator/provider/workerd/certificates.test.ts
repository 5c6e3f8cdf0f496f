import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { createAuthority, fingerprint, issueLeaf, needsRenewal } from "./certificates.ts";
import type { KeyPair } from "./certificates.ts";

const now = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const names = ["ebb-pool.shop.svc"];

describe("certificates", () => {
  let authority: KeyPair;
  let leaf: KeyPair;

  beforeAll(async () => {
    authority = await createAuthority("test", now);
    leaf = await issueLeaf(authority, { names, usage: "serverAuth", life: 90 * day }, now);
  });

  it("issues leaves that the authority's key has signed, for one usage and the names", () => {
    const issuer = new X509Certificate(authority.certificate);
    const certificate = new X509Certificate(leaf.certificate);
    expect([issuer.ca, certificate.ca, certificate.verify(issuer.publicKey)]).toEqual([true, false, true]);
    expect([certificate.subjectAltName, certificate.keyUsage]).toEqual([
      "DNS:ebb-pool.shop.svc",
      ["1.3.6.1.5.5.7.3.1"],
    ]);
  });

  it("wants renewal from two thirds of the life on", async () => {
    const days = [1, 59, 61];
    const due = days.map((each) => needsRenewal(leaf.certificate, authority.certificate, now + each * day));
    expect(await Promise.all(due)).toEqual([false, false, true]);
  });

  it("wants renewal of what another authority signed, and of what is no certificate", async () => {
    const other = await createAuthority("test", now);
    expect(await needsRenewal(leaf.certificate, other.certificate, now)).toBe(true);
    expect(await needsRenewal("", authority.certificate, now)).toBe(true);
  });

  it("gives equal contents equal fingerprints", () => {
    expect(fingerprint("a", "b")).toBe(fingerprint("a", "b"));
    expect(fingerprint("a", "b")).not.toBe(fingerprint("a", "c"));
  });
});
