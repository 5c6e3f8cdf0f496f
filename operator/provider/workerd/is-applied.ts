/** Whether an object already is as it should be, so that nothing has to be written. */

const quantity = /^([0-9.]+)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/;
const factors: Readonly<Record<string, number>> = {
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

/**
 * True when every field of wanted has its value in live; live may have more, as defaults. Lists must have the same
 * length and order. `1000m` and `1` are the same, since the API server rewrites quantities.
 */
export function isApplied(wanted: unknown, live: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(live) &&
      live.length === wanted.length &&
      wanted.every((item, index) => isApplied(item, live[index]))
    );
  }
  if (typeof wanted === "object" && wanted !== null) {
    if (typeof live !== "object" || live === null) return false;
    const fields = live as Record<string, unknown>;
    return Object.entries(wanted).every(([name, value]) => isApplied(value, fields[name]));
  }
  return wanted === live || sameQuantity(wanted, live);
}

function sameQuantity(left: unknown, right: unknown): boolean {
  const amount = amountOf(left);
  return amount !== undefined && amount === amountOf(right);
}

function amountOf(value: unknown): number | undefined {
  const [, digits, suffix] = (typeof value === "string" && quantity.exec(value)) || [];
  return digits === undefined
    ? undefined
    : Number(digits) * (suffix === undefined ? 1 : (factors[suffix] ?? 1));
}
