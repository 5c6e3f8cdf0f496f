import { expect, test } from "vitest";
import { parseConfig } from "./config.ts";

const request = { method: "GET", path: "/", headers: {}, expect: { status: 200, body: "" } };
const config = {
  name: "p",
  origin: "http://a.b:80",
  rate: 1,
  connections: "mixed",
  requests: [request],
  timeout: 1,
};

test("a full configuration is taken as it is", () => {
  expect(parseConfig(JSON.stringify(config))).toEqual({ ...config, origin: "http://a.b" });
});

test.each([
  [{ rate: 0 }, "config.rate must be a number above 0"],
  [{ connections: "some" }, "config.connections must be one of keep-alive, close, mixed"],
  [{ requests: [] }, "config.requests must be a list with a request in it"],
  [{ requests: [{ ...request, method: 1 }] }, "config.requests[0].method must be a string"],
  [
    { requests: [{ ...request, expect: { status: "200" } }] },
    "config.requests[0].expect.status must be a number above 0",
  ],
])("%j is refused with the field's name", (change, message) => {
  expect(() => parseConfig(JSON.stringify({ ...config, ...change }))).toThrow(message);
});
