/**
 * What the auth service answers, as data: every implementation, wherever it runs, gives each case's status
 * and body. Answers with random or time-bound parts are compared after the case's `normalise`.
 */
import { bodyCases } from "./cases/bodies.ts";
import { checkingCases } from "./cases/checking.ts";
import type { HttpCase } from "./cases/http-case.ts";
import { issuingCases } from "./cases/issuing.ts";
import { passwordCases } from "./cases/passwords.ts";
import { routingCases } from "./cases/routing.ts";

/** Every case, in no order that matters; written for the environment in `cases/environment.ts`. */
export const authCases: readonly HttpCase[] = [
  ...routingCases,
  ...bodyCases,
  ...passwordCases,
  ...issuingCases,
  ...checkingCases,
];
