/** Durations as the Gateway API writes them (GEP-2257): up to four of h, m, s and ms, in any order, such as `1m30s`. */

/** Milliseconds. */
export type Duration = number;

const pattern = /^([0-9]{1,5}(h|m|s|ms)){1,4}$/;
const unitMs: Readonly<Record<string, number>> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1 };

/** Errors: RangeError for anything that is not such a string; the API server has refused those before. */
export function parseDuration(text: string): Duration {
  if (!pattern.test(text)) throw new RangeError(`"${text}" is not a duration such as 5s, 1m30s or 250ms`);
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([0-9]+)(h|ms|m|s)/g))
    total += Number(amount) * (unitMs[unit ?? ""] ?? 0);
  return total;
}
