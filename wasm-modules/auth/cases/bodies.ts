/** Cases of bodies that are no JSON, no object or have fields that nobody asked for. */
import { type HttpCase, invalid, ok, post } from "./http-case.ts";

const verify = "/v1/tokens/verify";
const malformed = ok({ valid: false, reason: "malformed" });
const inPassword = (...bytes: number[]): Uint8Array =>
  Buffer.concat([Buffer.from('{"password":"'), Uint8Array.from(bytes), Buffer.from('"}')]);

const notJson: readonly (readonly [title: string, sends: string | Uint8Array])[] = [
  ["an empty body", ""],
  ["white space", " \r\n\t "],
  ["a cut body", '{"subject":"a'],
  ["a byte order mark", "\uFEFF{}"],
  ["a second value", '{"password":"x"}{}'],
  ["a comma at the end", '{"password":"x",}'],
  ["a comment", '{"password":"x"/* */}'],
  ["a name without quotes", '{password:"x"}'],
  ["a string in single quotes", "{'password':'x'}"],
  ["a form", "password=x"],
  ["a number with a plus", '{"password":+1}'],
  ["a number with a zero in front", '{"password":01}'],
  ["a number with no digit after its point", '{"password":1.}'],
  ["NaN", '{"password":NaN}'],
  ["a number out of range", '{"password":1e999}'],
  ["a number out of range in a field that is replaced", '{"password":1e999,"password":"x"}'],
  ["half a surrogate pair", '{"password":"\\ud800"}'],
  ["the other half of a surrogate pair", '{"password":"\\uDC00x"}'],
  ["half a surrogate pair in a field that is replaced", '{"password":"\\ud800","password":"x"}'],
  ["half a surrogate pair in a name", '{"\\ud83d":1}'],
  ["an escape that there is not", '{"password":"\\x41"}'],
  ["a line feed in a string", '{"password":"a\nb"}'],
  ["a zero byte", '{"password":"x"}\0'],
  ["a byte that is no UTF-8", inPassword(0xff)],
  ["a cut character", inPassword(0xc3)],
  ["a character in more bytes than it needs", inPassword(0xc0, 0xaf)],
  ["a surrogate in UTF-8", inPassword(0xed, 0xa0, 0x80)],
  ["a character past the last one", inPassword(0xf4, 0x90, 0x80, 0x80)],
  ["UTF-16", Buffer.from('{"password":"x"}', "utf16le")],
  ["128 levels", "[".repeat(128) + "]".repeat(128)],
  [
    "128 levels in a field that is replaced",
    `{"password":${"[".repeat(127)}${"]".repeat(127)},"password":"x"}`,
  ],
  ["16384 opening brackets", "[".repeat(16_384)],
];

const notAnObject: readonly (readonly [title: string, sends: string])[] = [
  ["an array", "[]"],
  ["null", "null"],
  ["a string", '"{}"'],
  ["a number", "-0.5e-3"],
  ["true", " true "],
  ["127 levels of arrays", "[".repeat(127) + "]".repeat(127)],
];

const unknown: readonly (readonly [title: string, sends: string, name: string])[] = [
  ["the first one in byte order", '{"\u{1F511}":1,"\uFFFD":1,"password":"x"}', "\uFFFD"],
  ["one named like a prototype's", '{"__proto__":1}', "__proto__"],
  ["one with no name", '{"":1}', ""],
  ["one in capitals", '{"Password":"x"}', "Password"],
  ["one of another endpoint", '{"password":"x","token":"x"}', "token"],
  ["one with an escape in its name", '{"pass\\u0000word":"x"}', "pass\0word"],
  ["one with a nested value", '{"a":{"b":[1,{"c":null}]},"password":"x"}', "a"],
];

/** Bodies as such, before any field is looked at. */
export const bodyCases: readonly HttpCase[] = [
  ...notJson.map(([title, sends]) =>
    invalid(`${title} is invalid JSON`, "/v1/passwords/hash", sends, "body", "must be valid JSON"),
  ),
  ...notAnObject.map(([title, sends]) =>
    invalid(`${title} is not an object`, "/v1/tokens", sends, "body", "must be a JSON object"),
  ),
  ...unknown.map(([title, sends, name]) =>
    invalid(
      `an unknown field is named: ${title}`,
      "/v1/passwords/hash",
      sends,
      name,
      "is not a field of this request",
    ),
  ),
  { title: "the last of two equal fields counts", ...post(verify, '{"token":1,"token":"x"}'), ...malformed },
  { title: "a field's name may be escaped", ...post(verify, '{"\\u0074oken":"x"}'), ...malformed },
  {
    title: "white space around values counts for nothing",
    ...post(verify, '\r\n{ "token"\t:"x" }\n'),
    ...malformed,
  },
];
