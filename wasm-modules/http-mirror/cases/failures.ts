/** Modules that fail, and what is too late. */
import { type Difference, failing, get, type HttpCase } from "../http-case.ts";

const broken: Difference = {
  why: "what is broken off says so: wasmtime ends it as if it were whole",
  edge: { isWhole: false },
  wasmtime: { isWhole: true },
};
const noTrailers: Difference = {
  ...broken,
  why: "workerd sends no trailers: the module is told, the body is broken off",
};
const failed = (said: string) => failing("Trapped", `${said}\n`, "the answer says what happened");

export const failureCases: readonly HttpCase[] = [
  get("a trap before the answer", "/trap?when=before", {
    differs: failed("the module trapped: wasm `unreachable` instruction executed"),
  }),
  get("a trap after the headers", "/trap?when=after", { differs: broken }),
  get("a trap in the middle of the body", "/trap?when=half", { differs: broken }),
  get("an exit with 0", "/exit?code=0", { differs: failed("the module trapped: the module exited with 0") }),
  get("an exit with 3", "/exit?code=3", { differs: failed("the module trapped: the module exited with 1") }),
  get("no answer at all", "/silent", { differs: failed("the module ended without an answer") }),
  get("an error in place of an answer", "/error", {
    differs: failed("the module answered with the error internal-error"),
  }),
  get("a body that is dropped before its end", "/unfinished"),
  get("an answer with trailers", "/trailers", { differs: noTrailers }),
  get("an answer with trailers for one who takes them", "/trailers", {
    headers: [["te", "trailers"]],
    differs: noTrailers,
  }),
  get("an answer within the time limit", "/sleep?ms=20", { requestTimeoutMs: 300 }),
  get("an answer after the time limit", "/sleep?ms=700", {
    requestTimeoutMs: 300,
    differs: {
      why: "the edge alone has a time limit",
      edge: {
        status: 504,
        headers: [
          "content-length: 62",
          "content-type: text/plain; charset=utf-8",
          "x-ebb-reason: RequestTimeout",
        ],
        body: "the module took longer than spec.limits.requestTimeout allows\n",
      },
    },
  }),
  get("a body that goes on after the time limit", "/drip?parts=3&ms=200", { requestTimeoutMs: 300 }),
];
