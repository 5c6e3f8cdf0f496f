import { expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";

const read = (value: string) =>
  parseChallenges(value).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

it.each([
  [
    'Bearer realm="https://auth.example.com/token",service="registry.example.com",scope="repository:a/b:pull,push"',
    [
      [
        "bearer",
        {
          realm: "https://auth.example.com/token",
          service: "registry.example.com",
          scope: "repository:a/b:pull,push",
        },
      ],
    ],
  ],
  ["BASIC realm=registry", [["basic", { realm: "registry" }]]],
  [
    'Negotiate, Basic realm="a \\"b\\""',
    [
      ["negotiate", {}],
      ["basic", { realm: 'a "b"' }],
    ],
  ],
  [
    'Basic realm="x" , Bearer Realm = "y"',
    [
      ["basic", { realm: "x" }],
      ["bearer", { realm: "y" }],
    ],
  ],
  ["", []],
  ['="', []],
])("reads %s", (value, challenges) => {
  expect(read(value)).toEqual(challenges);
});
