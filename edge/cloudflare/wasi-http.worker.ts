/** The module in front of a component of wasi:http on Cloudflare Workers. */
import { shim } from "../hosted/wasi-http.ts";
import { handlerOf } from "./handler.ts";

export default handlerOf(shim);
