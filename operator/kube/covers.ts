/** Compares what is stored with what should be, field by field of the latter: defaults that the API server adds are no difference. */
import { amountOf } from "./quantity.ts";

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
