/** The module in front of a component of wasi:http on Deno Deploy. */
import { shim } from "../hosted/wasi-http.ts";
import { serve } from "./serve.ts";

await serve(shim);
