/**
 * What the auth service answers, as data: every implementation, wherever it runs, gives each case's status,
 * headers and body. Answers with random or time-bound parts are compared after the case's `normalise`.
 */
import { bodyCases } from "./cases/bodies.ts";
import { checkingCases } from "./cases/checking.ts";
import { ed25519Cases, ed25519OnlyCases, noPublicKeyCases } from "./cases/ed25519.ts";
import { authEnv, ed25519Env, ed25519OnlyEnv } from "./cases/environment.ts";
import type { HttpCase } from "./cases/http-case.ts";
import { issuingCases } from "./cases/issuing.ts";
import { passwordCases } from "./cases/passwords.ts";
import { routingCases } from "./cases/routing.ts";

/** Cases, in no order that matters, and the environment that they are written for. */
export type CaseSet = {
  name: string;
  env: Readonly<Record<string, string>>;
  cases: readonly HttpCase[];
};

/** Every case. */
export const caseSets: readonly CaseSet[] = [
  {
    name: "hs256",
    env: authEnv,
    cases: [
      ...routingCases,
      ...bodyCases,
      ...passwordCases,
      ...issuingCases,
      ...checkingCases,
      ...noPublicKeyCases,
    ],
  },
  { name: "ed25519", env: ed25519Env, cases: ed25519Cases },
  { name: "ed25519-only", env: ed25519OnlyEnv, cases: ed25519OnlyCases },
];
