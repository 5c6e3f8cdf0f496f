/** The streams of workerd through which bodies of wasi:http go. Who writes holds what is written to its length. */

class IdentityStream extends TransformStream<Uint8Array, Uint8Array> {
  constructor(_length?: number) {
    super();
  }
}

export function defineStreams(): void {
  Object.assign(globalThis, { IdentityTransformStream: IdentityStream, FixedLengthStream: IdentityStream });
}
