/** What a component needs and offers, and the core modules in it. */
import { BinaryReader } from "./binary-reader.ts";
import { type CoreModule, readCoreModule } from "./core-module.ts";
import { producersOf } from "./producers.ts";
import { sectionsOf } from "./sections.ts";

const sorts = ["core", "function", "value", "type", "component", "instance"] as const;
type ComponentKind = (typeof sorts)[number];

interface ComponentName {
  /** Such as `wasi:http/types@0.2.4`. */
  readonly name: string;
  readonly kind: ComponentKind;
}

export interface Component {
  readonly imports: readonly ComponentName[];
  readonly exports: readonly ComponentName[];
  /** Of the component itself and of all components within it. */
  readonly modules: readonly CoreModule[];
  readonly producers: readonly string[];
}

const section = { custom: 0, coreModule: 1, component: 4, imports: 10, exports: 11 };
/** Components within components that are followed; those that toolchains make have three at most. */
const deepest = 16;

/** Errors: WasmFormatError. Source: WebAssembly/component-model, design/mvp/Binary.md. */
export function readComponent(bytes: Uint8Array, depth = 0): Component {
  const imports: ComponentName[] = [];
  const exports: ComponentName[] = [];
  const modules: CoreModule[] = [];
  const producers: string[] = [];
  for (const { id, content } of sectionsOf(bytes)) {
    const reader = new BinaryReader(content);
    if (depth > deepest) throw reader.invalid(`components within components more than ${deepest} deep`);
    if (id === section.custom) producers.push(...producersOf(content));
    else if (id === section.imports) imports.push(...reader.list(() => readImport(reader)));
    else if (id === section.exports) exports.push(...reader.list(() => readExport(reader)));
    else if (id === section.coreModule) modules.push(readCoreModule(content));
    else if (id === section.component) modules.push(...readComponent(content, depth + 1).modules);
  }
  return { imports, exports, modules, producers };
}

function readImport(reader: BinaryReader): ComponentName {
  const name = readName(reader);
  return { name, kind: readDescription(reader) };
}

function readExport(reader: BinaryReader): ComponentName {
  const name = readName(reader);
  const kind = readSort(reader);
  reader.u32();
  const isDescribed = reader.byte();
  if (isDescribed === 1) readDescription(reader);
  else if (isDescribed !== 0) throw reader.invalid("an export that is not described as one");
  return { name, kind };
}

/** The two forms of a name that tools write mean the same. */
function readName(reader: BinaryReader): string {
  if (reader.byte() > 1) throw reader.invalid("a name of an unknown form");
  return reader.name();
}

function readSort(reader: BinaryReader): ComponentKind {
  const sort = sorts[reader.byte()];
  if (sort === undefined) throw reader.invalid("an import or export of an unknown kind");
  if (sort === "core") reader.byte();
  return sort;
}

function readDescription(reader: BinaryReader): ComponentKind {
  const kind = readSort(reader);
  switch (kind) {
    case "core":
    case "function":
    case "component":
    case "instance":
      reader.u32();
      break;
    case "value":
      // By the index of a value, or by a type: a number both times.
      reader.byte();
      reader.skipNumber();
      break;
    case "type":
      // Equal to a type that is named, or a new resource.
      if (reader.byte() === 0) reader.u32();
      break;
  }
  return kind;
}
