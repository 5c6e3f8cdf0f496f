/** The module in front of a WASI command on Deno Deploy. */
import { shim } from "../hosted/wasi-command.ts";
import { serve } from "./serve.ts";

await serve(shim);
