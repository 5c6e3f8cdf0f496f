/** The outer form of WebAssembly binaries: a header, then sections of an id and a length. */
import { BinaryReader } from "./binary-reader.ts";

export const wasmMagic: readonly number[] = [0x00, 0x61, 0x73, 0x6d];

/** Version 1, layer 0, and version 13, layer 1, which is the component model's. */
const layers = { core: 0x0000_0001, component: 0x0001_000d } as const;
const headerBytes = 8;

export type Layer = keyof typeof layers;

export interface Section {
  readonly id: number;
  readonly content: Uint8Array;
}

/** What a binary says that it is; undefined when it says neither. Requires: the magic number is there. */
export function layerOf(bytes: Uint8Array): Layer | undefined {
  const reader = new BinaryReader(bytes);
  reader.take(wasmMagic.length);
  const [a = 0, b = 0, c = 0, d = 0] = reader.take(headerBytes - wasmMagic.length);
  const version = a | (b << 8) | (c << 16) | (d << 24);
  return version === layers.core ? "core" : version === layers.component ? "component" : undefined;
}

/** Errors: WasmFormatError, when the sections do not fill the bytes exactly. */
export function* sectionsOf(bytes: Uint8Array): Generator<Section> {
  const reader = new BinaryReader(bytes);
  reader.take(headerBytes);
  while (!reader.isAtEnd) {
    const id = reader.byte();
    yield { id, content: reader.take(reader.u32()) };
  }
}
