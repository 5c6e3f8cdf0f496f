import { expect, test } from "vitest";
import { compare, median, percentile } from "./compare.ts";
import { withReport } from "./page.ts";
import type { RowReport } from "./report.ts";
import { textTable } from "./table.ts";

test("a value below its target has a ratio below 1 and is met", () => {
  const figure = { what: "time", value: 3, unit: "s", target: { atMost: 5, says: "≤ 5 s" } };
  expect(compare(figure)).toEqual({ ...figure, ratioToTarget: 0.6, isMet: true });
});

test("a value above its target is missed by its ratio", () => {
  const figure = { what: "time", value: 7.5, unit: "s", target: { atMost: 5, says: "≤ 5 s" } };
  expect(compare(figure)).toMatchObject({ ratioToTarget: 1.5, isMet: false });
});

test.each([
  [0, true],
  [1, false],
])("a target of 0 has no ratio, and %i is met: %s", (value, isMet) => {
  const compared = compare({ what: "lost", value, unit: "", target: { atMost: 0, says: "0" } });
  expect(compared.isMet).toBe(isMet);
  expect(compared.ratioToTarget).toBeUndefined();
});

test("a value is divided by that of its peer, and not by 0", () => {
  const figure = { what: "lost", value: 2, unit: "" };
  expect(compare({ ...figure, peer: { what: "other", value: 8 } }).ratioToPeer).toBe(0.25);
  expect(compare({ ...figure, peer: { what: "other", value: 0 } }).ratioToPeer).toBeUndefined();
});

test.each([
  [[3, 1, 2], 0.5, 2],
  [[1, 2, 3, 4], 0.5, 2],
  [[1, 2, 3, 4], 0.99, 4],
  [[1, 2, 3, 4], 0, 1],
  [[7], 0.5, 7],
])("of %j the share %f is not above %i", (samples, share, expected) => {
  expect(percentile(samples, share)).toBe(expected);
});

test("nothing has no median", () => {
  expect(() => median([])).toThrow("samples");
});

const report: RowReport = {
  row: "example",
  title: "an example",
  command: "npm run bench example",
  time: "2026-01-02T03:04:05.000Z",
  seconds: 12.3,
  machine: { cpu: "A processor", cores: 2, memoryGiB: 24, kernel: "6.1", node: "v24.21.0" },
  loadBefore: 0.4,
  figures: [
    compare({
      what: "time",
      value: 3.14159,
      unit: "s",
      peer: { what: "pod start", value: 2 },
      target: { atMost: 4, says: "≤ pod start + 2 s" },
    }),
    compare({ what: "lost", value: 1234, unit: "", target: { atMost: 0, says: "0" } }),
  ],
};

test("a table has a line a figure, in columns", () => {
  expect(textTable(report).split("\n")).toEqual([
    "what  measured  peer in the same run  ÷ peer  target             ÷ target",
    "time  3.14 s    pod start: 2 s        1.57    ≤ pod start + 2 s  0.785 met",
    "lost  1234                                    0                  missed",
  ]);
});

test("a report takes the place of the former one on the page and leaves the rest", () => {
  const page = "# Page\n<!-- row example -->\nold\n<!-- end of row example -->\nText.\n";
  const updated = withReport(page, report);
  expect(updated).toMatch(/^# Page\n<!-- row example -->\n\| what \|/);
  expect(updated).toContain("| time | 3.14 s | pod start: 2 s | 1.57 | ≤ pod start + 2 s | 0.785 met |");
  expect(updated).toContain("2026-01-02 03:04 UTC, 12 s, load average 0.4 before it; 2 cores of A processor");
  expect(updated).toMatch(/<!-- end of row example -->\nText\.\n$/);
  expect(withReport(updated, report)).toBe(updated);
});

test("a page without a place for the row is refused", () => {
  expect(() => withReport("# Page\n", report)).toThrow("example");
});
