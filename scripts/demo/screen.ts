/** The demo's output: lines only, so that a terminal, a pipe and a log all read well. */
import type { Writable } from "node:stream";
import { styleText } from "node:util";

type Format = Parameters<typeof styleText>[0];

/** What one second of the demo looked like. */
export interface Row {
  readonly phase: string;
  /** Percent of the requests that the edge answers, as the EdgeFunction's status has it. */
  readonly share: number | undefined;
  readonly replicas: { readonly ready: number; readonly wanted: number };
  /** Answers of this second. */
  readonly origin: number;
  readonly edge: number;
  /** Since the start. */
  readonly lost: number;
}

/** Widths of the columns: time, phase, share, replicas, origin, edge, lost. */
const widths = [7, 12, 6, 9, 10, 8, 7];
const headings = ["", "phase", "share", "replicas", "origin/s", "edge/s", "lost"];

export class Screen {
  readonly #out: Writable;
  readonly #isColoured: boolean;

  constructor(out: Writable & { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv) {
    this.#out = out;
    this.#isColoured = out.isTTY === true && (env["NO_COLOR"] ?? "") === "";
  }

  title(text: string): void {
    this.#line(`\n${this.#paint("bold", text)}\n`);
  }

  /** A step of the preparation: what is done, or what it is waiting for. */
  step(part: string, text: string): void {
    this.#line(`  ${this.#paint("cyan", part.padEnd(10))} ${text}`);
  }

  heading(): void {
    this.#line(`\n${this.#paint("dim", columns(headings))}`);
  }

  row(milliseconds: number, { phase, share, replicas, origin, edge, lost }: Row): void {
    const percent = share === undefined ? "–" : `${share} %`;
    const cells = [
      clock(milliseconds),
      phase,
      percent,
      `${replicas.ready}/${replicas.wanted}`,
      `${origin}`,
      `${edge}`,
    ];
    const text = columns([...cells, `${lost}`]);
    this.#line(lost === 0 ? text : this.#paint("red", text));
  }

  /** Something that happened, at its time. */
  event(milliseconds: number, what: string, detail: string): void {
    this.#line(
      `${tenths(milliseconds)}  ${this.#paint(["bold", "cyan"], `▸ ${what}`)}${this.#paint("dim", indented(detail))}`,
    );
  }

  /** A smaller step on the way. */
  note(milliseconds: number, text: string): void {
    this.#line(this.#paint("dim", `${tenths(milliseconds)}  · ${text}`));
  }

  /** Plain text, such as commands to copy. */
  text(text: string): void {
    this.#line(text);
  }

  verdict(isGood: boolean, text: string): void {
    this.#line(`\n${this.#paint(["bold", isGood ? "green" : "red"], text)}`);
  }

  #line(text: string): void {
    this.#out.write(`${text}\n`);
  }

  #paint(format: Format, text: string): string {
    return this.#isColoured ? styleText(format, text, { validateStream: false }) : text;
  }
}

/** Minutes and seconds. */
function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function tenths(milliseconds: number): string {
  return `${clock(milliseconds)}.${Math.floor((milliseconds % 1000) / 100)}`.padStart(9);
}

function indented(detail: string): string {
  return detail === "" ? "" : `  ${detail}`;
}

/** The phase to the left, numbers to the right. */
function columns(cells: readonly string[]): string {
  const padded = cells.map((cell, at) =>
    at === 1 ? `  ${cell.padEnd(widths[at] ?? 0)}` : cell.padStart(widths[at] ?? 0),
  );
  return padded.join("").trimEnd();
}
