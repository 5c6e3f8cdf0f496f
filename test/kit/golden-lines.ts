/** An exchange as lines, so that two of them can be compared and a difference can be named. */
import { createHash } from "node:crypto";
import { goldenDate } from "./golden-exchanges.ts";
import type { RawAnswer, RawHeader } from "./raw-http.ts";
import type { SeenRequest } from "./raw-origin.ts";

/** What a proxy may always add or change, and what only ever goes between Ebb's own parts. */
const ignored = /^(x-forwarded-.*|via|connection|keep-alive|x-ebb-.*)$/i;

export function requestLines(seen: readonly SeenRequest[]): string[] {
  return seen.flatMap(({ method, url, version, headers, body, trailers, expectsContinue }) => [
    `request ${method} ${url}`,
    `request version ${version}`,
    ...headerLines("request", headers),
    ...bodyLines("request", body),
    ...headerLines("request trailer", trailers),
    ...(expectsContinue ? ["request expects 100"] : []),
  ]);
}

export function answerLines({ early, status, headers, body, trailers, complete }: RawAnswer): string[] {
  return [
    ...early.flatMap((each) => [`early ${each.status}`, ...headerLines("early", each.headers)]),
    `answer ${status}`,
    ...headerLines("answer", headers),
    ...bodyLines("answer", body),
    ...headerLines("answer trailer", trailers),
    `answer is ${complete ? "complete" : "cut off"}`,
  ];
}

function headerLines(prefix: string, headers: readonly RawHeader[]): string[] {
  return headers.flatMap(([name, value]) => {
    if (ignored.test(name)) return [];
    const isNow = name === "date" && value !== goldenDate;
    return [`${prefix} ${name}: ${isNow ? "(now)" : value}`];
  });
}

function bodyLines(prefix: string, body: string): string[] {
  if (body.length < 100) return [`${prefix} body ${JSON.stringify(body)}`];
  return [`${prefix} body of ${body.length}, ${createHash("sha256").update(body, "latin1").digest("hex")}`];
}

/** Lines that only one of the two has, `-` for direct and `+` for through; a line more when the order differs. */
export function differences(direct: readonly string[], through: readonly string[]): string[] {
  const gone = without(direct, through);
  const come = without(through, direct);
  const sameOrder = without(direct, gone).join("\n") === without(through, come).join("\n");
  return [
    ...gone.map((line) => `- ${line}`),
    ...come.map((line) => `+ ${line}`),
    ...(sameOrder ? [] : ["the order differs"]),
  ];
}

/** lines less one of each that is taken. */
function without(lines: readonly string[], taken: readonly string[]): string[] {
  const left = [...taken];
  return lines.filter((line) => {
    const index = left.indexOf(line);
    if (index >= 0) left.splice(index, 1);
    return index < 0;
  });
}
