/** What became of calls, as an outcome: what a person must do, or when to look again. */
import type { Pending } from "../../api/outcome.ts";
import { outcomeOfCalls, outcomeOfFailure, type Words } from "../hosted/outcomes.ts";
import { DenoError } from "./deno-error.ts";

const words: Words = {
  name: "Deno Deploy",
  rate: "",
  permission: "of the organization",
};

/** Undefined for an error that is not Deno Deploy's. */
export function outcomeOf(error: unknown): Pending | undefined {
  if (error instanceof DenoError) return outcomeOfFailure(error.failure, words);
  return outcomeOfCalls(error, words);
}
