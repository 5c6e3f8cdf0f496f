/** The module in front of a function's ES module on Cloudflare Workers. */
import { shim } from "../hosted/worker-module.ts";
import { handlerOf } from "./handler.ts";

export default handlerOf(shim);
