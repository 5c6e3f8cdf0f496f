import { describe, expect, it } from "vitest";
import { BadResponse, cgiResponse } from "./cgi-response.ts";

const read = (stdout: string, method = "GET") => cgiResponse(new TextEncoder().encode(stdout), method);

describe("cgiResponse", () => {
  it("takes status, headers and body", async () => {
    const response = read("Status: 201 Created\r\nContent-Type: text/plain\r\nX-A: b\r\n\r\nline\n\nrest");
    expect([response.status, response.headers.get("x-a")]).toEqual([201, "b"]);
    expect(await response.text()).toBe("line\n\nrest");
  });

  it("is 200 without Status, and takes lines that end in a line feed only", () => {
    expect(read("Content-Type: a/b\n\n").status).toBe(200);
  });

  it("keeps every Set-Cookie", () => {
    const { headers } = read("Content-Type: a/b\nSet-Cookie: a=1\nSet-Cookie: b=2\n\n");
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it.each(["/local", "https://example.com/"])("is 302 with a Location of %s", (location) => {
    const response = read(`Location: ${location}\n\n`);
    expect([response.status, response.headers.get("location")]).toEqual([302, location]);
  });

  it("keeps the Status beside a Location", () => {
    expect(read("Status: 308\nLocation: /a\n\n").status).toBe(308);
  });

  it.each([204, 205, 304])("has no body with %d", (status) => {
    expect(read(`Status: ${status}\nContent-Type: a/b\n\nbody`).body).toBeNull();
  });

  it("answers HEAD without a body, and with the length that the command gave", () => {
    const response = read("Content-Type: a/b\nContent-Length: 4\n\nbody", "HEAD");
    expect([response.body, response.headers.get("content-length")]).toEqual([null, "4"]);
  });

  it("drops x-ebb-*, hop-by-hop headers and the command's own length", () => {
    const own = "X-Ebb-Reason: a\nConnection: close\nTransfer-Encoding: chunked\nContent-Length: 1\n";
    const { headers } = read(`Content-Type: a/b\n${own}\nbody`);
    expect([...headers.keys()]).toEqual(["content-type"]);
  });

  it.each([
    ["", "no blank line"],
    ["hello", "no blank line"],
    ["Content-Type: a/b\n", "no blank line"],
    ["hello\n\n", "no header"],
    ["\n\n", "no Content-Type"],
    ["\n", "no header"],
    ["X-A: b\n\nbody", "no Content-Type"],
    ["Status: abc\n\n", "no code from 200 to 599"],
    ["Status: 101\n\n", "no code from 200 to 599"],
    ["Status: 99999\n\n", "no code from 200 to 599"],
    ["Content-Type: a/b\nBad Name: x\n\n", "not allowed in HTTP"],
    ["Content-Type: a/b\nX-A: \u0001\0\n\n", "not allowed in HTTP"],
  ])("refuses %j: %s", (stdout, problem) => {
    expect(() => read(stdout)).toThrow(BadResponse);
    expect(() => read(stdout)).toThrow(problem);
  });
});
