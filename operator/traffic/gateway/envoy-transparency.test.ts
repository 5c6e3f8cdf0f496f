/** What a workload and its clients see of a real Envoy between them, byte by byte: nothing but what is named. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type FrontedOrigin, startFrontedOrigin } from "../../../test/kit/fronted-origin.ts";
import {
  answers,
  defaultAnswer,
  type GoldenExchange,
  request,
  requests,
} from "../../../test/kit/golden-exchanges.ts";
import { answerLines, differences, requestLines } from "../../../test/kit/golden-lines.ts";
import { exchange } from "../../../test/kit/raw-http.ts";

const sides = [
  { side: "workload", weight: 0, port: 8000, address: "127.9.4.1" },
  { side: "edge", weight: 100, port: 8080, address: "127.9.4.2" },
];

describe.each(sides)("in front of the $side", ({ weight, port, address }) => {
  const gatewayPort = 20_000;
  let fronted: FrontedOrigin;
  beforeAll(async () => {
    fronted = await startFrontedOrigin(address, port, weight);
  });
  afterAll(() => fronted.stop());

  async function linesOf({ request: bytes, answer }: GoldenExchange, at: number): Promise<string[]> {
    fronted.origin.answerWith(answer ?? defaultAnswer);
    const got = await exchange(address, at, bytes, !bytes.startsWith("HEAD "));
    return [...requestLines(fronted.origin.taken()), ...answerLines(got)];
  }

  async function findDifferences(golden: GoldenExchange): Promise<string[]> {
    return differences(await linesOf(golden, port), await linesOf(golden, gatewayPort));
  }

  it.each(Object.entries(requests))("passes a request on: %s", async (_, golden) => {
    expect(await findDifferences(golden)).toEqual(golden.differs ?? []);
  });

  it.each(Object.entries(answers))("passes an answer on: %s", async (_, golden) => {
    expect(await findDifferences(golden)).toEqual(golden.differs ?? []);
  });

  it("refuses what Envoy does not take, and tells the workload nothing", async () => {
    const crowd = Array.from({ length: 1001 }, (_, index) => `X-H-${index}: 1`);
    const refused: readonly (readonly [bytes: string, status: string])[] = [
      [request("OPTIONS *"), "404"],
      [request("GET /caf\xc3\xa9"), "400"],
      [request("GET /a#fragment"), "400"],
      [request("QUERY /"), "400"],
      [request("M-SEARCH /"), "400"],
      [request("GET /", [`X-Large: ${"v".repeat(99_000)}`]), "431"],
      [request("GET /", crowd), "431"],
    ];
    const got = await Promise.all(refused.map(([bytes]) => exchange(address, gatewayPort, bytes)));
    expect(got.map(({ status }) => status.slice(0, 3))).toEqual(refused.map(([, status]) => status));
    expect(fronted.origin.taken()).toEqual([]);
  });
});
