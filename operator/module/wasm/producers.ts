/** The custom section `producers`: which tools made a binary, as they tell it themselves. */
import { BinaryReader, WasmFormatError } from "./binary-reader.ts";

/** Characters of a tool's name or version that are kept. */
const longest = 64;

/**
 * Names with their versions, such as `rustc 1.85.1`, of a custom section; none of another, nor of a broken one: nothing
 * depends on it. Source: WebAssembly/tool-conventions, ProducersSection.md.
 */
export function producersOf(content: Uint8Array): string[] {
  try {
    const reader = new BinaryReader(content);
    if (reader.name() !== "producers") return [];
    const fields = reader.list(() => {
      reader.name();
      return reader.list(() => toolOf(reader));
    });
    return fields.flat();
  } catch (error) {
    if (error instanceof WasmFormatError) return [];
    throw error;
  }
}

function toolOf(reader: BinaryReader): string {
  const [name = "", version = ""] = [reader.name(), reader.name()].map(printable);
  return [name, version].filter((part) => part !== "").join(" ");
}

function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, "?").slice(0, longest);
}
