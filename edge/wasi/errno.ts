/** Error numbers of wasi_snapshot_preview1 that the shim answers. */
export const errno = {
  success: 0,
  badf: 8,
  fbig: 22,
  inval: 28,
  nosys: 52,
  notsock: 57,
  notsup: 58,
  spipe: 70,
} as const;

export type Errno = (typeof errno)[keyof typeof errno];
