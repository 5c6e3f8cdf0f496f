/** The status that a pass builds up; it is written once, by the reconciler. */
import type {
  EdgeFunctionStatus,
  EdgeFunctionStatusCondition as Condition,
} from "../api/v1alpha1/generated/edge-function.ts";

type Fields = Omit<EdgeFunctionStatus, "conditions">;
type ConditionStatus = Condition["status"];

/** Of a condition's message; the schema allows more, and status must stay small. */
const maxMessage = 4_000;

export class StatusDraft {
  /** As they were read: a pass that changes a condition to and fro has not changed it. */
  readonly #former: ReadonlyMap<string, Condition>;
  readonly #conditions: Map<string, Condition>;
  readonly #generation: number;
  readonly #now: string;
  #fields: Fields;

  /** now is RFC 3339. */
  constructor(status: EdgeFunctionStatus | undefined, generation: number, now: string) {
    const { conditions = [], ...fields } = status ?? {};
    this.#fields = fields;
    this.#former = new Map(conditions.map((condition) => [condition.type, condition]));
    this.#conditions = new Map(this.#former);
    this.#generation = generation;
    this.#now = now;
    if (generation !== status?.observedGeneration) this.#forgetOfSpec();
  }

  /** What was true of the former spec is not known of this one; where the traffic and the workload are stays known. */
  #forgetOfSpec(): void {
    for (const type of ["ModuleResolved", "Published"])
      if (this.#conditions.has(type))
        this.setCondition(type, "Unknown", "NotStarted", "The spec has changed.");
  }

  get fields(): Fields {
    return this.#fields;
  }

  set<Key extends keyof Fields>(key: Key, value: Fields[Key] | undefined): void {
    const { [key]: _former, ...rest } = this.#fields;
    this.#fields = value === undefined ? rest : { ...rest, [key]: value };
  }

  condition(type: string): Condition | undefined {
    return this.#conditions.get(type);
  }

  isTrue(type: string): boolean {
    return this.#conditions.get(type)?.status === "True";
  }

  setCondition(type: string, status: ConditionStatus, reason: string, message: string): void {
    const former = this.#former.get(type);
    this.#conditions.set(type, {
      type,
      status,
      reason,
      // What a registry or a module says of itself may be of any length.
      message: message.slice(0, maxMessage),
      observedGeneration: this.#generation,
      lastTransitionTime: former?.status === status ? former.lastTransitionTime : this.#now,
    });
  }

  dropCondition(type: string): void {
    this.#conditions.delete(type);
  }

  /** Every condition speaks of the generation that this pass has seen. */
  build(): EdgeFunctionStatus {
    const conditions = [...this.#conditions.values()].map((condition) => ({
      ...condition,
      observedGeneration: this.#generation,
    }));
    return { ...this.#fields, observedGeneration: this.#generation, conditions };
  }
}
