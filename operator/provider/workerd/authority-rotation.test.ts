import { X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { bundleOf, rotated } from "./authority-rotation.ts";
import type { AuthorityState } from "./authority-rotation.ts";
import { createAuthority } from "./certificates.ts";

const start = Date.UTC(2026, 0, 1);
const day = 86_400_000;
const atTwoThirds = start + 2434 * day;

const at = (state: Partial<AuthorityState>, now: number) => rotated(state, "test", now);

describe("an authority through its life", () => {
  let first: AuthorityState;
  let announced: AuthorityState;

  beforeAll(async () => {
    first = await rotated({}, "test", start);
    announced = await at(first, atTwoThirds);
  });

  it("begins as one that signs and lives ten years", () => {
    expect(Object.keys(first)).toEqual(["current"]);
    expect(new X509Certificate(first.current.certificate).validToDate.getUTCFullYear()).toBe(2035);
  });

  it("changes nothing before two thirds of that", async () => {
    expect(await at(first, start + 2432 * day)).toEqual(first);
  });

  it("has a next one then, which is trusted and does not sign", () => {
    expect(announced.current).toEqual(first.current);
    expect(bundleOf(announced).startsWith(bundleOf(first))).toBe(true);
    expect(bundleOf(announced)).toContain(announced.next?.certificate);
  });

  it("lets the next one sign after a week, with the same trust", async () => {
    expect(await at(announced, atTwoThirds + 6 * day)).toEqual(announced);
    const changed = await at(announced, atTwoThirds + 7 * day);
    expect(changed).toEqual({ current: announced.next, former: first.current.certificate });
    expect(bundleOf(changed)).toBe(bundleOf(announced));
  });

  it("trusts the former one for another week", async () => {
    const changed = await at(announced, atTwoThirds + 7 * day);
    expect(await at(changed, atTwoThirds + 13 * day)).toEqual(changed);
    expect(await at(changed, atTwoThirds + 14 * day)).toEqual({ current: changed.current });
  });

  it("does not wait when the old one has expired meanwhile", async () => {
    const late = await at(first, start + 4000 * day);
    expect([late.former, late.current.certificate === first.current.certificate]).toEqual([
      first.current.certificate,
      false,
    ]);
    expect(await at(late, start + 4000 * day)).toEqual(late);
  });

  it("is made anew when it cannot be used", async () => {
    const other = await createAuthority("test", start);
    const { certificate, key } = first.current;
    const spoiled = [
      { certificate, key: other.key },
      { certificate, key: "" },
      { certificate: "text", key },
    ];
    for (const current of spoiled) {
      const state = await at({ current }, start);
      expect(state.current.certificate).not.toBe(certificate);
      expect(await at(state, start)).toEqual(state);
    }
    const next = { certificate: "text", key };
    const again = await at({ ...announced, next }, atTwoThirds + 7 * day);
    expect([again.current, again.next?.certificate.includes("BEGIN CERTIFICATE")]).toEqual([
      first.current,
      true,
    ]);
  });
});
