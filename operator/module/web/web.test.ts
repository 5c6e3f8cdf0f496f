import type { LookupAddress } from "node:dns";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeRegistry } from "../../../test/kit/fake-registry.ts";
import { ManualClock, settle } from "../../../test/kit/manual-clock.ts";
import { createAuthority, issueLeaf } from "../../provider/workerd/certificates.ts";
import { AddressGuard } from "./address-guard.ts";
import { authoritiesOf } from "./authorities.ts";
import { Web, type WebOptions, type WebRequest } from "./web.ts";

const local = new AddressGuard({ allowed: ["127.0.0.0/8", "::1/128"], denied: [] });
const strict = new AddressGuard({ allowed: [], denied: [] });
const clock = new ManualClock();

const get = async (url: string, options: Partial<WebOptions> = {}, request: WebRequest = {}) =>
  await new Web({ guard: local, clock, ...options }).session(async ({ send }) => {
    const reply = await send(new URL(url), request);
    return { status: reply.status, body: (await reply.bytes({ title: "It", maxSize: 1000 })).toString() };
  });

/** Answers for every name. */
function resolver(addresses: readonly string[]): WebOptions["resolve"] {
  const found = addresses.map((address): LookupAddress => ({ address, family: 4 }));
  const resolve = (
    _name: string,
    _options: object,
    callback: (error: null, found: LookupAddress[]) => void,
  ) => callback(null, found);
  return resolve as unknown as WebOptions["resolve"];
}

let here: FakeRegistry;
let there: FakeRegistry;

beforeEach(async () => {
  here = await FakeRegistry.start({
    script: ({ path }, response) => {
      if (path === "/there") response.writeHead(307, { location: `${there.url}/end` }).end();
      else if (path === "/back") response.writeHead(302, { location: "/end" }).end();
      else if (path === "/round") response.writeHead(302, { location: "/round" }).end();
      else response.end("hello");
      return true;
    },
  });
  there = await FakeRegistry.start({
    script: (_request, response) => {
      response.end("from there");
      return true;
    },
  });
});

afterEach(async () => {
  await Promise.all([here, there].map((server) => server[Symbol.asyncDispose]()));
});

describe("an address that may not be reached", () => {
  it.each([
    ["by its number", () => `http://127.0.0.1:${here.port}/`],
    ["by its number in IPv6", () => `http://[::ffff:127.0.0.1]:${here.port}/`],
    ["by its number in other words", () => `http://2130706433:${here.port}/`],
    ["by its name", () => `${here.url}/`],
  ])("is not connected to %s", async (_how, url) => {
    await expect(get(url(), { guard: strict })).rejects.toMatchObject({ reason: "AddressForbidden" });
    expect(here.requests).toEqual([]);
  });

  it("is left out of the addresses of a name", async () => {
    const resolve = resolver(["169.254.169.254", "127.0.0.1"]);
    const guard = new AddressGuard({ allowed: ["127.0.0.1/32"], denied: [] });
    const url = `http://both.test:${here.port}/`;
    expect(await get(url, { guard, resolve })).toEqual({ status: 200, body: "hello" });
    await expect(get(url, { guard: strict, resolve })).rejects.toMatchObject({ reason: "AddressForbidden" });
    expect(here.requests).toHaveLength(1);
  });

  it("is noticed when it is at the other end of a connection", async () => {
    // As when what was looked up is not where the packets go.
    const guard = new AddressGuard({ allowed: [], denied: [] });
    let asked = 0;
    guard.allows = (address) => {
      asked += 1;
      return address === "127.0.0.1" && asked === 1;
    };
    const resolve = resolver(["127.0.0.1"]);
    await expect(get(`http://name.test:${here.port}/`, { guard, resolve })).rejects.toMatchObject({
      reason: "AddressForbidden",
    });
    expect(here.requests).toEqual([]);
  });

  it("is not reached by a redirect", async () => {
    const guard = new AddressGuard({ allowed: ["127.0.0.1/32", "::1/128"], denied: [] });
    here.script = (_request, response) => {
      response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data" }).end();
      return true;
    };
    await expect(get(`${here.url}/`, { guard })).rejects.toMatchObject({ reason: "AddressForbidden" });
  });

  it("is told without the URL's path and query", async () => {
    const failure = get(`http://127.0.0.1:${here.port}/secret?token=secret`, { guard: strict });
    await expect(failure).rejects.toThrow(/^127\.0\.0\.1:\d+ leads to an address that Ebb never asks/);
    await expect(failure).rejects.not.toThrow("secret");
  });
});

describe("a redirect", () => {
  it("is followed without credentials to another host, and with them on the same", async () => {
    const request = { authorization: "Basic c2VjcmV0" };
    expect(await get(`${here.url}/there`, {}, request)).toEqual({ status: 200, body: "from there" });
    expect(await get(`${here.url}/back`, {}, request)).toEqual({ status: 200, body: "hello" });
    expect(here.requests.map(({ authorization }) => authorization)).toEqual(Array(3).fill("Basic c2VjcmV0"));
    expect(there.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
  });

  it("is followed five times", async () => {
    await expect(get(`${here.url}/round`)).rejects.toThrow("redirects more than 5 times");
    expect(here.requests).toHaveLength(6);
  });

  it.each(["ftp://localhost/", "file:///etc/passwd", "http://"])(
    "to %s is not followed",
    async (location) => {
      here.script = (_request, response) => {
        response.writeHead(302, { location }).end();
        return true;
      };
      await expect(get(`${here.url}/`)).rejects.toMatchObject({ reason: "ModuleForbidden" });
    },
  );
});

function failing(status: number, headers: Record<string, string> = {}): void {
  here.script = (_request, response) => {
    response.writeHead(status, headers).end();
    return true;
  };
}

describe("a server that is in trouble", () => {
  it("is left alone for as long as it asks, by everybody", async () => {
    const web = new Web({ guard: local, clock });
    const ask = () => web.session(({ send }) => send(new URL(here.url)));
    failing(429, { "retry-after": "30" });
    await expect(ask()).rejects.toMatchObject({ name: "SourceUnavailable", retryAfter: 30_000 });
    await clock.advance(10_000);
    await expect(ask()).rejects.toMatchObject({ retryAfter: 20_000 });
    expect(here.requests).toHaveLength(1);
    await clock.advance(20_000);
    await expect(ask()).rejects.toMatchObject({ retryAfter: 30_000 });
    expect(here.requests).toHaveLength(2);
  });

  it("may say when in a date", async () => {
    failing(503, { "retry-after": new Date(clock.now() + 60_000).toUTCString() });
    await expect(get(here.url)).rejects.toMatchObject({ retryAfter: 60_000 });
  });

  it.each([500, 502, 503, 408])("that answers %i is tried again", async (status) => {
    failing(status);
    await expect(get(here.url)).rejects.toMatchObject({ name: "SourceUnavailable", retryAfter: undefined });
  });

  it("that is not there is named with its error", async () => {
    await here.stop();
    await expect(get(`http://127.0.0.1:${here.port}/`)).rejects.toThrow(
      /^127\.0\.0\.1:\d+ cannot be reached: ECONNREFUSED/,
    );
  });

  it("that is not there is found out once for all", async () => {
    await here.stop();
    const web = new Web({ guard: local, clock });
    const ask = () => web.session(({ send }) => send(new URL(here.url)));
    await expect(ask()).rejects.toMatchObject({ retryAfter: undefined });
    await here.listen();
    await expect(ask()).rejects.toThrow("cannot be reached: ECONNREFUSED");
    await clock.advance(5000);
    expect((await ask()).status).toBe(200);
  });

  it("that breaks off is tried again", async () => {
    here.script = (_request, response) => {
      response.writeHead(200, { "content-length": "100" }).write("half");
      setTimeout(() => response.destroy(), 10);
      return true;
    };
    await expect(get(here.url)).rejects.toMatchObject({ name: "SourceUnavailable" });
  });
});

it.each([
  ["sixteen pieces of work", false, 16],
  ["two that hold a module", true, 2],
] as const)("runs %s at a time", async (_what, holds, count) => {
  const web = new Web({ guard: local, clock });
  const held = Promise.withResolvers<void>();
  let running = 0;
  const jobs = Array.from({ length: 20 }, () =>
    web.session(async ({ room }) => {
      if (holds) await room();
      running += 1;
      await held.promise;
    }),
  );
  await expect.poll(() => running).toBe(count);
  await settle();
  expect(running).toBe(count);
  held.resolve();
  await Promise.all(jobs);
  expect(running).toBe(20);
});

it("gives up its place after five seconds, so that slow servers hold up nobody else's work", async () => {
  const web = new Web({ guard: local, clock });
  const held = Promise.withResolvers<void>();
  const reading = (): Promise<void> =>
    web.session(async ({ room }) => {
      await room();
      await held.promise;
    });
  const jobs = [reading(), reading()];
  await expect(reading()).rejects.toMatchObject({ name: "SourceUnavailable" });
  held.resolve();
  await Promise.all([...jobs, reading()]);
});

it("trusts the authority of a file, and nobody else who is not known", async () => {
  const dir = await mkdtemp(join(tmpdir(), "ebb-ca-"));
  const now = Date.now();
  const authority = await createAuthority("server", now);
  const leaf = { names: ["localhost"], usage: "serverAuth", life: 3_600_000 } as const;
  await using server = await FakeRegistry.start({
    tls: await issueLeaf(authority, leaf, now),
    script: (_request, response) => {
      response.end("safe");
      return true;
    },
  });
  await expect(get(server.url)).rejects.toThrow(/Its certificate is not trusted: let modules.caConfigMap/);
  const file = join(dir, "ca.crt");
  await writeFile(file, authority.certificate);
  expect(await get(server.url, { authorities: authoritiesOf(file) })).toMatchObject({ body: "safe" });
  await rm(dir, { recursive: true });
});
