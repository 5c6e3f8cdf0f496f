/** A Service Worker's fetch event, as StarlingMonkey brings it to wasi:http/incoming-handler. */
import { getEnvironment } from "wasi:cli/environment@0.2.10";

const type = { "content-type": "text/plain; charset=utf-8" };
const text = (status, body) => new Response(body, { status, headers: type });

const pages = {
  async echo(request, url) {
    const body = await request.text();
    const sent = request.headers.get("x-sent") ?? "";
    return text(200, `${request.method} ${url.pathname}${url.search} ${sent}\n${body}`);
  },
  status: (_request, _url, code) => text(Number(code), `status ${code}\n`),
  env: () => text(200, `${new Map(getEnvironment()).get("GREETING") ?? ""}\n`),
  async wait() {
    const start = Date.now();
    await new Promise((resolve) => setTimeout(resolve, 30));
    return text(200, `waited ${Date.now() - start >= 30}\n`);
  },
  fail() {
    console.error("asked to fail");
    throw new Error("asked to fail");
  },
};

function respond(request) {
  const url = new URL(request.url);
  const [, name, ...rest] = url.pathname.split("/");
  const page = Object.hasOwn(pages, name) ? pages[name] : undefined;
  return page === undefined ? text(404, "no such page\n") : page(request, url, ...rest);
}

addEventListener("fetch", (event) => event.respondWith(Promise.resolve(event.request).then(respond)));
