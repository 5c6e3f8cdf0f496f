/** One component under `wasmtime serve` and in the pool: the answers are equal, or differ as the case says. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { inspectModule } from "../../operator/module/inspect.ts";
import { caseSets } from "./cases.ts";
import { addresses, type Hosts, originPort, startHosts } from "./hosts.ts";
import { get, type Told } from "./http-case.ts";
import { type Origin, startOrigin } from "./origin.ts";

let hosts: Hosts;
let origin: Origin;

beforeAll(async () => {
  origin = await startOrigin(addresses.origin, originPort);
  hosts = await startHosts();
});

afterAll(async () => {
  await hosts.stop();
  await origin.stop();
});

/** A body that was broken off before its headers went out is no answer at all. */
const nothing: Told = { status: 0, headers: [], body: "", isWhole: false };

async function told(answer: Promise<Told>): Promise<Told> {
  return answer.catch((error: unknown) => {
    if (error instanceof Error && error.message.startsWith("no complete head")) return nothing;
    throw error;
  });
}

describe.each(caseSets)("$name", ({ cases }) => {
  it.each(cases)("$title", async (httpCase) => {
    const [wasmtime = nothing, edge = nothing] = await Promise.all(
      [hosts.wasmtime(httpCase), hosts.edge(httpCase)].map(told),
    );
    const { edge: ownWay, wasmtime: otherWay } = httpCase.differs ?? {};
    if (otherWay !== undefined) expect(wasmtime).toMatchObject(otherWay);
    const expected = { ...wasmtime, ...ownWay };
    if (ownWay !== undefined) expect(edge).not.toEqual(wasmtime);
    // How much of what is broken off has come is a matter of time.
    if (expected.isWhole) expect(edge).toEqual(expected);
    else expect(edge.isWhole).toBe(false);
  });
});

const places = [
  ["wasmtime", addresses.wasmtime],
  ["the edge", addresses.pool],
] as const;

/** A request whose body is sent as the test goes on. */
function open(
  address: string,
  path: string,
): { send(text: string): void; until(text: string): Promise<void>; end(): void } {
  const socket = connect(ports.poolHttp, address);
  let received = "";
  socket.on("data", (data: Buffer) => (received += data.toString()));
  const head = [`POST ${path} HTTP/1.1`, "host: mirror.test", "x-ebb-function: fn-m/any"];
  socket.write(`${[...head, "transfer-encoding: chunked", "connection: close"].join("\r\n")}\r\n\r\n`);
  return {
    send: (text) => void socket.write(`${text.length.toString(16)}\r\n${text}\r\n`),
    until: async (text) => {
      await expect.poll(() => received).toContain(text);
    },
    end: () => void socket.destroy(),
  };
}

it.each(places)("%s answers with the first part while the second is not sent yet", async (_name, address) => {
  const request = open(address, "/upper");
  request.send("first");
  await request.until("FIRST");
  request.send("second");
  await request.until("SECOND");
  request.end();
});

it("callers that go away in the middle are no matter for others", async () => {
  for (let time = 0; time < 5; time++) {
    const upload = open(addresses.pool, "/body");
    upload.send("not all");
    const download = open(addresses.pool, "/drip?parts=50&ms=20");
    await download.until("part 1\n");
    upload.end();
    download.end();
  }
  expect(await hosts.edge(get("", "/env?name=GREETING"))).toMatchObject({ status: 200, isWhole: true });
  expect(hosts.pool.pool.output()).not.toMatch(/fatal|SIG[A-Z]+/i);
});

it("many requests at once do not mix", async () => {
  const sizes = Array.from({ length: 40 }, (_, index) => 1000 + index);
  const answers = await Promise.all(
    sizes.map((size) => hosts.edge(get("", `/bytes?n=${size}&chunk=${1 + (size % 7)}`))),
  );
  expect(answers.map(({ body }) => body.length)).toEqual(sizes);
});

it("a server that spec.egress.allow does not name is not reached, and the log says so", async () => {
  const target = `/fetch?authority=${addresses.origin}:81&path=/plain`;
  expect(await hosts.edge(get("", target))).toMatchObject({ status: 502, body: "HttpRequestDenied\n" });
  await expect
    .poll(() => hosts.pool.pool.output())
    .toContain(`a request was not let out: spec.egress.allow does not name ${addresses.origin} with port 81`);
});

it("what a module prints is in the log, line by line", async () => {
  await hosts.edge(get("", "/print"));
  const lines = () => hosts.pool.pool.output().split("\n");
  await expect
    .poll(lines)
    .toEqual(expect.arrayContaining(["mirror says one", "mirror says two", "mirror warns"]));
});

it("a trap is told to the operator, with what the module wrote before", async () => {
  await hosts.edge(get("", "/trap?when=before"));
  expect(await hosts.pool.trapOf("fn-m/any")).toMatchObject({
    message: "the module trapped: wasm `unreachable` instruction executed",
    stderr: expect.stringContaining("asked to panic before the answer") as string,
  });
});

describe("http-mirror.wasm", () => {
  const file = readFileSync(new URL("http-mirror.wasm", import.meta.url));

  it("is a component of wasi:http 0.2", async () => {
    const { abi, report } = await inspectModule(file, "Auto");
    expect([abi, report.exports]).toEqual(["WasiHttp", ["wasi:http/incoming-handler@0.2.4"]]);
  });

  it("is what checksums.txt says", () => {
    const sums = readFileSync(new URL("../checksums.txt", import.meta.url), "utf8");
    const sum = createHash("sha256").update(file).digest("hex");
    expect(sums).toContain(`${sum}  http-mirror/http-mirror.wasm\n`);
  });
});
