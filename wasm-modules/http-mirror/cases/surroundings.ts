/** Time, chance, the environment, files and the log. */
import { get, type HttpCase } from "../http-case.ts";

export const surroundingCases: readonly HttpCase[] = [
  get("a sleep", "/sleep?ms=30"),
  get("no sleep", "/sleep?ms=0"),
  get("the first of two waits", "/poll"),
  get("clocks", "/clock"),
  get("random bytes", "/random"),
  get("a variable", "/env?name=GREETING"),
  get("a variable that is not set", "/env?name=NOTHING"),
  get("files", "/files"),
  get("lines for the log", "/print"),
];
