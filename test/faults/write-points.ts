/** The writes of a run, named so that another run of the same scenario finds them again. */
import { isWrite, type ApiRequest } from "../kit/fake-apiserver/api-request.ts";
import { isObject, objectAt } from "../kit/fake-apiserver/json.ts";
import { stableName } from "./comparable.ts";
import { isOperator } from "./operator-process.ts";

/** The nth write of one kind to one object. */
export interface WritePoint {
  /** Verb, object and subresource, such as `patch deployments/checkout/scale`. */
  readonly write: string;
  /** From 1. */
  readonly nth: number;
}

/** What a request writes; undefined for reads, for other clients and for the lease, whose renewals follow the clock. */
function writeOf(request: ApiRequest): string | undefined {
  const { kind, verb, subresource, actor } = request;
  if (!isWrite(request) || !isOperator(actor.token) || kind.plural === "leases") return undefined;
  const body = isObject(request.body) ? request.body : {};
  const name = request.name ?? objectAt(body, "metadata")["name"];
  const stable = stableName(kind.kind, typeof name === "string" ? name : "");
  return `${verb} ${kind.plural}/${stable}${subresource === undefined ? "" : `/${subresource}`}`;
}

/** Counts writes as they come. */
export class WriteCounter {
  readonly #counts = new Map<string, number>();

  /** The point that this request is; undefined when it is no write of an operator. */
  count(request: ApiRequest): WritePoint | undefined {
    const write = writeOf(request);
    if (write === undefined) return undefined;
    const nth = (this.#counts.get(write) ?? 0) + 1;
    this.#counts.set(write, nth);
    return { write, nth };
  }
}

export function isSamePoint(a: WritePoint | undefined, b: WritePoint): boolean {
  return a?.write === b.write && a.nth === b.nth;
}
