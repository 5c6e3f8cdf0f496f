/** Whether labels are those that a selector asks for. */
import type { LabelSelector } from "./objects.ts";

type Labels = Readonly<Record<string, string>>;
type Expression = NonNullable<LabelSelector["matchExpressions"]>[number];

/** An empty selector selects everything. */
export function selects(selector: LabelSelector, labels: Labels = {}): boolean {
  const isExact = Object.entries(selector.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
  return isExact && (selector.matchExpressions ?? []).every((expression) => holds(expression, labels));
}

function holds({ key, operator, values = [] }: Expression, labels: Labels): boolean {
  const value = labels[key];
  if (operator === "Exists") return value !== undefined;
  if (operator === "DoesNotExist") return value === undefined;
  const isListed = value !== undefined && values.includes(value);
  return isListed === (operator === "In");
}
