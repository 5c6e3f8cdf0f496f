/** What an assessment says of a workload: facts that rules have found, and how they are told. */
import { type FindingCode, kindOf, rankOf, type Severity } from "../../api/v1alpha1/findings.ts";

/** What a rule has found, not yet told. */
export interface Fact {
  readonly code: FindingCode;
  /** Kind and name of the object, a space, and the JSON path in it, as `Service/web .spec.clusterIP`. */
  readonly path: string;
  /** A sentence that names what was found. */
  readonly found: string;
  /** In place of what the code's own kind says. */
  readonly cure?: string;
}

/** As status.assessment.findings has it. */
export interface Finding {
  readonly code: FindingCode;
  readonly severity: Severity;
  readonly path: string;
  readonly message: string;
}

/** More would not help a person, and status must stay small. */
const maxFindings = 50;
const maxMessage = 1000;

export function fact(code: FindingCode, path: string, found: string, cure?: string): Fact {
  return { code, path, found, ...(cure === undefined ? {} : { cure }) };
}

/**
 * Each fact once, blockers first, then in the order of the codes, then by path: equal facts give equal findings.
 * ignored are the codes of spec.assessment.ignore.
 */
export function judge(facts: readonly Fact[], ignored: ReadonlySet<string>): Finding[] {
  const all = new Map(facts.map((each) => [`${each.code} ${each.path}`, told(each, ignored)]));
  return [...all.values()].toSorted(compare).slice(0, maxFindings);
}

function told({ code, path, found, cure }: Fact, ignored: ReadonlySet<string>): Finding {
  const kind = kindOf(code);
  const isIgnored = kind.ignorable && ignored.has(code);
  const severity = isIgnored ? "Warning" : kind.severity;
  const words = [found, kind.why, cure ?? kind.cure, choiceOf(code, isIgnored)];
  return { code, severity, path, message: words.join(" ").trim().slice(0, maxMessage) };
}

/** Whether a person may go on all the same, and how. */
function choiceOf(code: FindingCode, isIgnored: boolean): string {
  const { severity, ignorable } = kindOf(code);
  if (isIgnored) return "spec.assessment.ignore takes it on.";
  if (severity === "Warning") return "";
  return ignorable ? `To take it on, add ${code} to spec.assessment.ignore.` : "It cannot be ignored.";
}

function compare(left: Finding, right: Finding): number {
  if (left.severity !== right.severity) return left.severity === "Blocker" ? -1 : 1;
  const ranks = rankOf(left.code) - rankOf(right.code);
  return ranks === 0 ? left.path.localeCompare(right.path, "en", { numeric: true }) : ranks;
}
