/** The module in front of a WASI command on Cloudflare Workers. */
import module from "app.wasm";
import { serveCommand } from "../cgi/serve-command.ts";
import { checkCommand } from "../wasi/run-command.ts";
import { handlerOf } from "./serve.ts";

export default handlerOf({
  isOurs: true,
  check: () => checkCommand(module),
  call: (request, env) => serveCommand(module, request, env, (text) => console.error(text)),
});
