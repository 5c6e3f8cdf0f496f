/** wasi:random */

/** Bytes that the engine gives at once. */
const step = 65_536;

export function randomBytes(length: bigint): Uint8Array {
  const bytes = new Uint8Array(Number(length));
  for (let at = 0; at < bytes.length; at += step) crypto.getRandomValues(bytes.subarray(at, at + step));
  return bytes;
}

export function randomNumber(): bigint {
  return crypto.getRandomValues(new BigUint64Array(1))[0] ?? 0n;
}
