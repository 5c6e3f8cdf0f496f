/** What Ebb's own pods ask for once the API server has filled in the defaults of the namespace. */
import type { LimitRange, Quantities } from "../../../kube/policy-objects.ts";
import { amountOf } from "../../../kube/quantity.ts";
import { type OwnPods, ownPods, type Surroundings } from "../surroundings.ts";

export interface Effective {
  readonly requests: Quantities;
  readonly limits: Quantities;
}

/** Those that are yet to be made: of the others the API server tells itself what refuses them. */
export function yetToMake(seen: Surroundings): OwnPods[] {
  return ownPods(seen).filter(({ deployment }) => deployment === undefined);
}

/** A container with a limit and no request asks for as much as it may have. */
export function effectiveOf({ resources }: OwnPods, limitRanges: readonly LimitRange[]): Effective {
  let requests: Quantities = { ...resources.limits, ...resources.requests };
  let limits: Quantities = { ...resources.limits };
  for (const item of limitRanges.flatMap(({ spec }) => spec?.limits ?? [])) {
    if (item.type !== "Container") continue;
    limits = { ...item.default, ...limits };
    requests = { ...item.defaultRequest, ...requests };
  }
  return { requests, limits };
}

/** Amounts in floating point differ in the last bits. */
export function exceeds(left: number, right: number): boolean {
  return left > right + 1e-9;
}

/** Memory in Mi, the rest in thousandths where it is no whole number. */
export function amountText(name: string, amount: number): string {
  if (/memory|storage/.test(name)) return `${Math.ceil(amount / 2 ** 20)}Mi`;
  return Number.isInteger(amount) ? String(amount) : `${Math.round(amount * 1000)}m`;
}

export function amountIn(quantities: Quantities | undefined, name: string): number | undefined {
  return amountOf(quantities?.[name]);
}
