/** Compares what is stored with what should be, field by field of the latter: defaults that the API server adds are no difference. */

/** Fields that hold quantities by name, and those that are one quantity: the API server rewrites them, `1000m` as `1`. */
const quantityMaps: ReadonlySet<string> = new Set(["requests", "limits"]);
const quantityFields: ReadonlySet<string> = new Set(["sizeLimit"]);

/** True when actual has every field of wanted; arrays are equal in length and cover item by item. */
export function covers(actual: unknown, wanted: unknown): boolean {
  return compare(actual, wanted, false);
}

function compare(actual: unknown, wanted: unknown, areQuantities: boolean): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => compare(actual[index], item, false))
    );
  }
  if (typeof wanted !== "object" || wanted === null)
    return actual === wanted || (areQuantities && isSameQuantity(actual, wanted));
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(wanted).every(([name, value]) =>
    compare(
      Reflect.get(actual, name),
      value,
      quantityFields.has(name) || quantityMaps.has(name) || (areQuantities && typeof value !== "object"),
    ),
  );
}

function isSameQuantity(left: unknown, right: unknown): boolean {
  const amount = amountOf(left);
  return amount !== undefined && amount === amountOf(right);
}

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

function amountOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const [, digits, suffix = "", exponent] = (typeof value === "string" && quantity.exec(value)) || [];
  if (digits === undefined) return undefined;
  const power = binary[suffix];
  if (power !== undefined) return Number(digits) * 2 ** power;
  // Read as one number, so that 0.7 and 700m are the same bits.
  return Number(`${digits}e${exponent ?? decimal[suffix] ?? 0}`);
}
