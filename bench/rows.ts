/** The rows of the benchmark, in the order in which they run and are shown. */
import type { Row } from "./row.ts";
import { gateway } from "./rows/gateway.ts";
import { oneFunction } from "./rows/one-function.ts";
import { thousandFunctions } from "./rows/thousand-functions.ts";

export const rows: readonly Row[] = [oneFunction, thousandFunctions, gateway];
