/** Compares what is stored with what should be, field by field of the latter: defaults that the API server adds are no difference. */

/** True when actual has every field of wanted; arrays are equal in length and cover item by item. */
export function covers(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(actual) &&
      actual.length === wanted.length &&
      wanted.every((item, index) => covers(actual[index], item))
    );
  }
  if (typeof wanted !== "object" || wanted === null) return actual === wanted;
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(wanted).every(([name, value]) => covers(Reflect.get(actual, name), value));
}
