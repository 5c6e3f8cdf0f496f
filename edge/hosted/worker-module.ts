/** A function's own ES module. */
import app from "app.js";
import type { Context, Shim } from "./answer.ts";

type Fetch = (request: Request, env: object, ctx: Context) => Promise<Response> | Response;

interface HandlerObject {
  readonly fetch: Fetch;
}

/** A subclass of WorkerEntrypoint: one instance a request. */
type HandlerClass = new (ctx: Context, env: object) => HandlerObject;

export const shim: Shim = {
  isOurs: false,
  check: () => {
    if (!isObject(app) && !isClass(app)) throw new Error("the module's default export has no fetch handler");
  },
  call: (request, env, ctx) => {
    if (isClass(app)) return new app(ctx, env).fetch(request, env, ctx);
    if (isObject(app)) return app.fetch(request, env, ctx);
    throw new Error("the module's default export has no fetch handler");
  },
};

function isObject(value: unknown): value is HandlerObject {
  return typeof value === "object" && value !== null && "fetch" in value && typeof value.fetch === "function";
}

function isClass(value: unknown): value is HandlerClass {
  return typeof value === "function" && isObject(value.prototype);
}
