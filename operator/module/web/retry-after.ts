/** How long a server asks to wait. */

/** Longest wait that is believed: a server that asks for more is asked again after it. */
const longestMs = 3_600_000;

/** Milliseconds in the value of Retry-After, a number of seconds or a date; undefined for anything else. now is milliseconds since the epoch. */
export function retryAfterMs(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), longestMs);
}
