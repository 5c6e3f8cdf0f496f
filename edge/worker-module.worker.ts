/** The module in front of a function's ES module inside its own isolate. */
import { abortIsolate, WorkerEntrypoint } from "cloudflare:workers";
import app from "app.js";

export { default } from "app.js";

/** Called by the router only. */
export class EbbControl extends WorkerEntrypoint {
  /** Loading this module has loaded the function's; no handler of it runs. */
  warm(): void {
    if (!handlesFetch(app)) throw new Error("the module's default export has no fetch handler");
  }

  /** Frees the isolate. */
  abort(): void {
    abortIsolate("this version is not published any more");
  }
}

function handlesFetch(value: unknown): boolean {
  const handler = typeof value === "function" ? (value.prototype as unknown) : value;
  return (
    typeof handler === "object" &&
    handler !== null &&
    "fetch" in handler &&
    typeof handler.fetch === "function"
  );
}
