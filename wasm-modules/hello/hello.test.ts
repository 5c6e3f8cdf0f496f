/** The hello worker as an edge calls it: a request and the environment in, a response out. */
import { expect, it } from "vitest";

type Worker = { fetch(request: Request, env: Readonly<Record<string, string>>): Promise<Response> };

const { default: hello } = (await import(new URL("hello.js", import.meta.url).href)) as { default: Worker };

it("greets with the environment's word, the query's name and who served it", async () => {
  const env = { GREETING: "Moin", SERVED_BY: "edge" };
  const response = await hello.fetch(new Request("http://hello.test/?name=Ada"), env);
  expect([response.status, await response.text()]).toEqual([200, "Moin, Ada!\n"]);
  expect(response.headers.get("served-by")).toBe("edge");
});

it("greets the world when nothing is set", async () => {
  const response = await hello.fetch(new Request("http://hello.test/"), {});
  expect(await response.text()).toBe("Hello, world!\n");
  expect(response.headers.get("served-by")).toBeNull();
});

it("refuses POST and says what is allowed", async () => {
  const response = await hello.fetch(new Request("http://hello.test/", { method: "POST" }), {});
  expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, HEAD"]);
});
