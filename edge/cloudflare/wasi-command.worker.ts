/** The module in front of a WASI command on Cloudflare Workers. */
import { shim } from "../hosted/wasi-command.ts";
import { handlerOf } from "./handler.ts";

export default handlerOf(shim);
