/** Runs the transpiler as a child process with little memory, little time and no rights. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setPriority } from "node:os";
import type { Readable } from "node:stream";
import { ModuleError } from "../module-error.ts";

/** The child did not come to an end by itself: too little memory, or time. */
export class TranspilerEnded extends Error {
  override readonly name = "TranspilerEnded";
}

export interface TranspilerLimits {
  /** Milliseconds. */
  readonly time: number;
  /** MiB, once for the JavaScript heap and once for the transpiler's own WebAssembly memory. */
  readonly memory: number;
}

const usualLimits: TranspilerLimits = { time: 60_000, memory: 192 };

const wasmPagesPerMebibyte = 16;
/** Bytes of a bundle, beyond twice those of the component: the glue is JavaScript. */
const roomForGlue = 8 * 1024 * 1024;
/** Bytes of what the transpiler says that are read, and characters that are told. */
const mostSaid = 64 * 1024;
const longestMessage = 400;
/** The operator itself comes first. */
const niceness = 10;

/**
 * program is the path of operator/transpiler.ts, or of what is built from it. Errors: ModuleError `ModuleNotAdapted` when
 * the component cannot be taken; TranspilerEnded, which another attempt may cure.
 */
export async function runTranspiler(
  program: string,
  component: Uint8Array,
  limits: TranspilerLimits = usualLimits,
): Promise<Buffer> {
  const child = spawn(process.execPath, [...flags(limits), program], { env: {}, stdio: "pipe" });
  if (child.pid !== undefined) setPriority(child.pid, niceness);
  const timer = setTimeout(() => child.kill("SIGKILL"), limits.time);
  // One that has ended does not read: its exit says why.
  child.stdin.on("error", () => undefined).end(component);
  try {
    const [output, said, [code, signal]] = await Promise.all([
      atMost(2 * component.length + roomForGlue, child.stdout, () => child.kill("SIGKILL")),
      atMost(mostSaid, child.stderr, () => child.kill("SIGKILL")),
      once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    if (code === 0) return output;
    if (code === 1 && said.length > 0) throw refused(said.toString("utf8"));
    throw new TranspilerEnded(
      `The transpiler ended by ${signal ?? `exit code ${code}`}; it may take ${limits.memory} MiB and ${limits.time / 1000} s for a component, and this one has ${component.length} bytes.`,
    );
  } finally {
    clearTimeout(timer);
  }
}

/** The bytes of stream; calls end when there are more. */
async function atMost(most: number, stream: Readable, end: () => void): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length <= most) chunks.push(chunk);
    else end();
  }
  return Buffer.concat(chunks);
}

/** Compiled once and quickly: it runs for less than a second. It reads its own files, and can do nothing else. */
function flags({ memory }: TranspilerLimits): string[] {
  return [
    "--permission",
    "--allow-fs-read=*",
    "--allow-worker",
    "--disable-warning=SecurityWarning",
    "--disable-warning=ExperimentalWarning",
    "--liftoff-only",
    "--max-semi-space-size=1",
    `--max-old-space-size=${memory}`,
    `--wasm-max-mem-pages=${memory * wasmPagesPerMebibyte}`,
  ];
}

function refused(said: string): ModuleError {
  const line = said.replaceAll(/\s+/g, " ").trim().slice(0, longestMessage);
  return new ModuleError("ModuleNotAdapted", `The component cannot be transpiled for the edge: ${line}.`);
}
