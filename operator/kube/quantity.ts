/** Kubernetes quantities, such as `500m`, `1Gi` or `2e3`. */

const quantity = /^([+-]?[0-9.]+)(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d+))?$/;
const decimal: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binary: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };

/** In the quantity's own unit: bytes of memory, cores of CPU; undefined for what is no quantity. */
export function amountOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const [, digits, suffix = "", exponent] = (typeof value === "string" && quantity.exec(value)) || [];
  if (digits === undefined) return undefined;
  const power = binary[suffix];
  if (power !== undefined) return Number(digits) * 2 ** power;
  // Read as one number, so that 0.7 and 700m are the same bits.
  return Number(`${digits}e${exponent ?? decimal[suffix] ?? 0}`);
}
