/** How much memory the containers say they need. */
import { amountOf } from "../../../kube/quantity.ts";
import { type Fact, fact } from "../finding.ts";
import { containersOf, inContainer, type Surroundings, titleOf } from "../surroundings.ts";

/** Of an isolate, in bytes. */
const edgeLimit = 128 * 2 ** 20;

/** A limit only counts where no request says what is needed. */
export function memory(seen: Surroundings): Fact[] {
  return containersOf(seen).flatMap(({ container, index }) => {
    const { requests, limits } = container.resources ?? {};
    const field = requests?.["memory"] === undefined ? "limits" : "requests";
    const text = requests?.["memory"] ?? limits?.["memory"];
    if ((amountOf(text) ?? 0) <= edgeLimit) return [];
    const word = field === "requests" ? "requests" : "is limited to";
    const found = `Container "${container.name}" of ${titleOf(seen)} ${word} ${text} of memory.`;
    return [fact("MemoryAboveEdge", inContainer(seen, index, `.resources.${field}.memory`), found)];
  });
}
