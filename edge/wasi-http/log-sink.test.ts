import { expect, it } from "vitest";
import { LogSink } from "./log-sink.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function sink(): { sink: LogSink; lines: string[] } {
  const lines: string[] = [];
  return { sink: new LogSink((line) => lines.push(line)), lines };
}

it("logs whole lines, however they are written", () => {
  const { sink: log, lines } = sink();
  for (const part of ["one\ntw", "o\nthr", "ee"]) log.write(bytes(part));
  expect(lines).toEqual(["one", "two"]);
  log.end();
  expect(lines).toEqual(["one", "two", "three"]);
});

it("breaks a line that has no end", () => {
  const { sink: log, lines } = sink();
  log.write(new Uint8Array(40_000).fill(120));
  log.end();
  expect(lines.map(({ length }) => length)).toEqual([16_384, 16_384, 7232]);
});

it("keeps the beginning alone", () => {
  const { sink: log } = sink();
  for (let time = 0; time < 10; time++) log.write(bytes("x".repeat(5000)));
  expect(log.beginning).toHaveLength(16_384);
});
