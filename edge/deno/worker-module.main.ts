/** The module in front of a function's ES module on Deno Deploy. */
import { shim } from "../hosted/worker-module.ts";
import { serve } from "./serve.ts";

await serve(shim);
