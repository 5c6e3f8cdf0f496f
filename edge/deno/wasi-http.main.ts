/** The module in front of a component of wasi:http on Deno Deploy. */
import { defineStreams } from "./streams.ts";
import { shim } from "../hosted/wasi-http.ts";
import { serve } from "./serve.ts";

defineStreams();
await serve(shim);
