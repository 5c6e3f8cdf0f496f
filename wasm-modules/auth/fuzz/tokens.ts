/** Tokens, most of them signed with a key that the service has, and what is in them. */
import * as fc from "fast-check";

import { firstKey, hs256, secondKey, signEd25519, signToken } from "../cases/signed-token.ts";
import { damaged, numberLiteral, objectText, stringLiteral, valueText } from "./json-text.ts";

const quoted = (...texts: string[]): fc.Arbitrary<string> =>
  fc.constantFrom(...texts.map((text) => JSON.stringify(text)));

/** Far from now, so that the two clocks cannot be on different sides of them. */
const time = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("4102444800", "4.1024448e9", "9007199254740991") },
  { weight: 1, arbitrary: fc.constantFrom("0", "1700000000", "-1", "1e300", '"4102444800"', "null", "1.5") },
);

const header = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .constantFrom(hs256, firstKey.header, secondKey.header)
      .map((parts) => JSON.stringify(parts)),
  },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.tuple(
          quoted("alg", "kid", "typ", "crit", "jwk"),
          fc.oneof(
            quoted("HS256", "EdDSA", "none", "", firstKey.header.kid, secondKey.header.kid),
            valueText,
          ),
        ),
        { maxLength: 4 },
      )
      .map(objectText),
  },
  { weight: 1, arbitrary: valueText },
);

const claim = fc.oneof(
  { weight: 4, arbitrary: fc.tuple(quoted("exp"), time) },
  {
    weight: 4,
    arbitrary: fc.tuple(quoted("iss"), fc.oneof({ weight: 5, arbitrary: quoted("example") }, valueText)),
  },
  { weight: 1, arbitrary: fc.tuple(quoted("nbf", "iat"), time) },
  {
    weight: 2,
    arbitrary: fc.tuple(
      quoted("a", "sub", "https://a/b", "constructor"),
      fc.oneof(stringLiteral, numberLiteral),
    ),
  },
  { weight: 1, arbitrary: fc.tuple(stringLiteral, valueText) },
);

const payload = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .array(claim, { maxLength: 5 })
      .map((claims) => objectText([['"exp"', "4102444800"], ['"iss"', '"example"'], ...claims])),
  },
  { weight: 3, arbitrary: fc.array(claim, { maxLength: 5 }).map(objectText) },
  { weight: 1, arbitrary: valueText },
);

type Sign = (header: string, payload: string) => string;

const signers: readonly Sign[] = [
  (head, body) => signToken(head, body),
  (head, body) => signEd25519(head, body, firstKey.privateKey),
  (head, body) => signEd25519(head, body, secondKey.privateKey),
  (head, body) => signToken(head, body, firstKey.jwk.x),
];

/** The signer that the header asks for, so that most tokens come past their signature. */
function fitting(head: string): Sign | undefined {
  const index = ['"HS256"', firstKey.header.kid, secondKey.header.kid].findIndex((sign) =>
    head.includes(sign),
  );
  return signers[index];
}

/** A token in compact form, sometimes damaged. */
export const token: fc.Arbitrary<string> = damaged(
  fc
    .tuple(header, payload, fc.constantFrom(...signers), fc.nat(9))
    .map(([head, body, other, dice]) => ((dice > 0 ? fitting(head) : undefined) ?? other)(head, body)),
);
