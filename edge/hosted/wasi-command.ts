/** A WASI command, called as CGI. */
import module from "app.wasm";
import { serveCommand } from "../cgi/serve-command.ts";
import { checkCommand } from "../wasi/run-command.ts";
import type { Shim } from "./answer.ts";

export const shim: Shim = {
  isOurs: true,
  check: () => checkCommand(module),
  call: (request, env) => serveCommand(module, request, env, (text) => console.error(text)),
};
