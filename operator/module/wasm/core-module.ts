/** What a core module needs and offers. */
import { BinaryReader } from "./binary-reader.ts";
import { producersOf } from "./producers.ts";
import { sectionsOf } from "./sections.ts";

const kinds = ["function", "table", "memory", "global", "tag"] as const;
type CoreKind = (typeof kinds)[number];

export interface CoreImport {
  readonly module: string;
  readonly name: string;
  readonly kind: CoreKind;
}

interface CoreExport {
  readonly name: string;
  readonly kind: CoreKind;
}

/** In bytes, of a memory that the module defines. */
export interface MemoryLimits {
  readonly initial: bigint;
  /** Undefined when it may grow as far as its host lets it. */
  readonly maximum: bigint | undefined;
}

export interface CoreModule {
  readonly imports: readonly CoreImport[];
  readonly exports: readonly CoreExport[];
  readonly memories: readonly MemoryLimits[];
  readonly producers: readonly string[];
}

const section = { custom: 0, imports: 2, memories: 5, exports: 7 };

/** Errors: WasmFormatError. What is inside functions, data and types is not looked at. */
export function readCoreModule(bytes: Uint8Array): CoreModule {
  const imports: CoreImport[] = [];
  const exports: CoreExport[] = [];
  const memories: MemoryLimits[] = [];
  const producers: string[] = [];
  for (const { id, content } of sectionsOf(bytes)) {
    const reader = new BinaryReader(content);
    if (id === section.custom) producers.push(...producersOf(content));
    else if (id === section.imports) imports.push(...reader.list(() => readImport(reader)));
    else if (id === section.memories) memories.push(...reader.list(() => readLimits(reader)));
    else if (id === section.exports) exports.push(...reader.list(() => readExport(reader)));
  }
  return { imports, exports, memories, producers };
}

function readImport(reader: BinaryReader): CoreImport {
  const [module, name, kind] = [reader.name(), reader.name(), readKind(reader)];
  switch (kind) {
    case "function":
      reader.u32();
      break;
    case "table":
      skipValueType(reader);
      readLimits(reader);
      break;
    case "memory":
      readLimits(reader);
      break;
    case "global":
      skipValueType(reader);
      reader.byte();
      break;
    case "tag":
      reader.byte();
      reader.u32();
      break;
  }
  return { module, name, kind };
}

function readExport(reader: BinaryReader): CoreExport {
  const [name, kind] = [reader.name(), readKind(reader)];
  reader.u32();
  return { name, kind };
}

function readKind(reader: BinaryReader): CoreKind {
  const kind = kinds[reader.byte()];
  if (kind === undefined) throw reader.invalid("an import or export of an unknown kind");
  return kind;
}

const hasMaximum = 1;
const hasPageSize = 8;
const usualPageBits = 16;

/** Of a table they count its entries, which is not looked at. */
function readLimits(reader: BinaryReader): MemoryLimits {
  const flags = reader.byte();
  const initial = reader.u64();
  const maximum = (flags & hasMaximum) === 0 ? undefined : reader.u64();
  const pageBits = (flags & hasPageSize) === 0 ? usualPageBits : reader.u32();
  if (pageBits > usualPageBits) throw reader.invalid("a memory of an unknown page size");
  const bytes = (pages: bigint) => pages << BigInt(pageBits);
  return { initial: bytes(initial), maximum: maximum === undefined ? undefined : bytes(maximum) };
}

/** References name their type in a number of its own. */
function skipValueType(reader: BinaryReader): void {
  const type = reader.byte();
  if (type === 0x63 || type === 0x64) reader.skipNumber();
}
