/** Inspects the same bytes once: it compiles them, and every pass over a function asks. */
import { type InspectedModule, inspectModule, type RequestedAbi } from "./inspect.ts";

/** As inspectModule; an answer, or a ModuleError, is kept for as long as somebody else keeps the bytes. */
export type Inspect = (bytes: Uint8Array, requested: RequestedAbi) => Promise<InspectedModule>;

export function rememberedInspection(inspect: Inspect = inspectModule): Inspect {
  const known = new WeakMap<Uint8Array, Map<RequestedAbi, Promise<InspectedModule>>>();
  return (bytes, requested) => {
    const answers = known.get(bytes) ?? new Map<RequestedAbi, Promise<InspectedModule>>();
    known.set(bytes, answers);
    const answer = answers.get(requested) ?? inspect(bytes, requested);
    answers.set(requested, answer);
    return answer;
  };
}
