/** All cases of the mirror, by what they are about. */
import { answerCases } from "./cases/answers.ts";
import { bodyCases } from "./cases/bodies.ts";
import { failureCases } from "./cases/failures.ts";
import { outgoingCases } from "./cases/outgoing.ts";
import { requestCases } from "./cases/requests.ts";
import { surroundingCases } from "./cases/surroundings.ts";
import type { HttpCase } from "./http-case.ts";

export const caseSets: readonly { readonly name: string; readonly cases: readonly HttpCase[] }[] = [
  { name: "requests", cases: requestCases },
  { name: "bodies", cases: bodyCases },
  { name: "answers", cases: answerCases },
  { name: "failures", cases: failureCases },
  { name: "surroundings", cases: surroundingCases },
  { name: "requests of its own", cases: outgoingCases },
];
