/** JSON as text, right and nearly right: what a parser sees and a serialiser would never write. */
import * as fc from "fast-check";

const goodPart = fc.oneof(
  fc.constantFrom("a", "Z", "0", " ", ".", "/", "'", "é", "🔑", "\u2028", "\u007f", "\uFEFF"),
  fc.constantFrom(String.raw`\n`, String.raw`\"`, String.raw`\\`, String.raw`\/`, String.raw`\b`),
  fc.constantFrom("0000", "0041", "00e9", "007F", "2029", "FFFF", "d83d\\udd11").map((hex) => `\\u${hex}`),
);
const brokenPart = fc.constantFrom(
  String.raw`\uD83D`,
  String.raw`\udd11`,
  String.raw`\ud83d\u0041`,
  String.raw`\x41`,
  String.raw`\u12`,
  "\t",
  "\0",
  "\n",
);

/** A JSON string literal of plain and escaped characters, now and then broken. */
export const stringLiteral: fc.Arbitrary<string> = fc
  .tuple(
    fc.array(goodPart, { maxLength: 12 }),
    fc.oneof({ weight: 12, arbitrary: fc.constant("") }, { weight: 1, arbitrary: brokenPart }),
    fc.array(goodPart, { maxLength: 2 }),
  )
  .map(([before, broken, after]) => `"${before.join("")}${broken}${after.join("")}"`);

/** A JSON number literal, or nearly one. */
export const numberLiteral: fc.Arbitrary<string> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      "1",
      "60",
      "1e3",
      "31536000",
      "9007199254740991",
      "0",
      "-0",
      "31536001",
      "9007199254740993",
    ),
  },
  { weight: 1, arbitrary: fc.constantFrom("1e308", "1e309", "-1e400", "1e-400", "0e9999999999", "5e-324") },
  { weight: 1, arbitrary: fc.constantFrom("1.", ".5", "01", "+1", "0x1", "NaN", "-", "1e", "Infinity") },
  { weight: 3, arbitrary: fc.stringMatching(/^-?(?:0|[1-9]\d{0,22})(?:\.\d{1,22})?(?:[eE][+-]?\d{1,3})?$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^900719925474099[0-4](?:\.\d{1,25})?(?:[eE][+-]?[0-3])?$/) },
);

const whiteSpace = fc.constantFrom("", "", "", " ", "\n", "\t\r", "\u00a0", "\uFEFF");

/** Any JSON value. */
export const { value: valueText } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom("null", "true", "false", "nul", ""),
    stringLiteral,
    numberLiteral,
    fc.array(tie("value"), { maxLength: 3 }).map((items) => `[${items.join(",")}]`),
    fc.array(fc.tuple(stringLiteral, tie("value")), { maxLength: 3 }).map((entries) => objectText(entries)),
    fc.tuple(whiteSpace, tie("value"), whiteSpace).map((parts) => parts.join("")),
    fc.constantFrom(126, 127, 128).map((levels) => "[".repeat(levels) + "]".repeat(levels)),
  ),
}));

/** An object of these names and values, all of them JSON text already. */
export function objectText(entries: readonly (readonly [name: string, value: string])[]): string {
  return `{${entries.map(([name, value]) => `${name}:${value}`).join(",")}}`;
}

/** The text with some characters or bytes taken out, put in or doubled; mostly as it was. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const edit = fc.tuple(
    fc.nat(),
    fc.nat(3),
    fc.constantFrom("", "", '"', "{", "}", ",", "\\", "\0", "é", ".", "=", "A"),
  );
  return fc
    .tuple(text, fc.oneof({ weight: 9, arbitrary: fc.constant([]) }, fc.array(edit, { maxLength: 2 })))
    .map(([whole, edits]) =>
      edits.reduce((now, [place, length, inserted]) => {
        const at = now.length === 0 ? 0 : place % now.length;
        return now.slice(0, at) + inserted + now.slice(at + length);
      }, whole),
    );
}
