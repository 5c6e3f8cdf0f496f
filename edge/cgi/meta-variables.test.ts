import { describe, expect, it } from "vitest";
import { metaVariables } from "./meta-variables.ts";

const of = (url: string, init: RequestInit = {}, length?: number) =>
  metaVariables(new Request(url, init), length);

describe("metaVariables", () => {
  it("names the request as RFC 3875 does", () => {
    expect(
      of("http://shop.example:8080/a%20b?q=1&r=%20", { method: "PUT", headers: { "X-A": "1" } }, 4),
    ).toEqual({
      CONTENT_LENGTH: "4",
      GATEWAY_INTERFACE: "CGI/1.1",
      HTTP_X_A: "1",
      PATH_INFO: "/a b",
      QUERY_STRING: "q=1&r=%20",
      REQUEST_METHOD: "PUT",
      REQUEST_URI: "/a%20b?q=1&r=%20",
      SCRIPT_NAME: "",
      SERVER_NAME: "shop.example",
      SERVER_PORT: "8080",
      SERVER_PROTOCOL: "HTTP/1.1",
      SERVER_SOFTWARE: "ebb",
      X_FULL_URL: "http://shop.example:8080/a%20b?q=1&r=%20",
      X_RAW_PATH_INFO: "/a%20b",
    });
  });

  it("has no length when there is no body, and 0 for an empty one", () => {
    expect([of("http://a/")["CONTENT_LENGTH"], of("http://a/", {}, 0)["CONTENT_LENGTH"]]).toEqual([
      undefined,
      "0",
    ]);
  });

  it("says when the client's connection is secure", () => {
    expect(of("https://a/")).toMatchObject({ HTTPS: "on", SERVER_PORT: "443" });
    expect(of("http://a/")).not.toHaveProperty("HTTPS");
  });

  it("gives the content type its own variable only", () => {
    const variables = of("http://a/", { headers: { "content-type": "a/b" } });
    expect(variables["CONTENT_TYPE"]).toBe("a/b");
    expect(variables).not.toHaveProperty("HTTP_CONTENT_TYPE");
  });

  it("keeps the Proxy header from becoming HTTP_PROXY", () => {
    expect(of("http://a/", { headers: { proxy: "evil:80" } })).not.toHaveProperty("HTTP_PROXY");
  });

  it("takes the peer that the gateway saw", () => {
    const variables = of("http://a/", { headers: { "x-forwarded-for": "6.6.6.6, 10.0.0.7" } });
    expect(variables["REMOTE_ADDR"]).toBe("10.0.0.7");
    expect(of("http://a/")).not.toHaveProperty("REMOTE_ADDR");
  });

  it.each(["/%ff", "/a%00b"])("leaves the path %s as it is, which is no text", (path) => {
    expect(of(`http://a${path}`)["PATH_INFO"]).toBe(path);
  });
});
