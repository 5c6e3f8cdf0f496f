/** The rows of the benchmark, in the order in which they run and are shown. */
import type { Row } from "./row.ts";
import { authCpu } from "./rows/auth-cpu.ts";
import { components } from "./rows/components.ts";
import { gateway } from "./rows/gateway.ts";
import { lostRequests } from "./rows/lost-requests.ts";
import { oneFunction } from "./rows/one-function.ts";
import { ownCost } from "./rows/own-cost.ts";
import { pool } from "./rows/pool.ts";
import { takeover } from "./rows/takeover.ts";
import { thousandFunctions } from "./rows/thousand-functions.ts";

export const rows: readonly Row[] = [
  oneFunction,
  thousandFunctions,
  lostRequests,
  takeover,
  gateway,
  pool,
  components,
  authCpu,
  ownCost,
];
