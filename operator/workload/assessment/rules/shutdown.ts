/** How the pods end. */
import type { Container } from "../../../kube/objects.ts";
import { type Fact, fact } from "../finding.ts";
import { inContainer, servingContainers, type Surroundings, titleOf } from "../surroundings.ts";

export function abruptShutdown(seen: Surroundings): Fact[] {
  return servingContainers(seen)
    .filter(({ container }) => isAbrupt(container))
    .map(({ container, index }) =>
      fact(
        "AbruptShutdown",
        inContainer(seen, index, ".lifecycle"),
        `Container "${container.name}" of ${titleOf(seen)} has no preStop hook that lets it serve on.`,
      ),
    );
}

/** A command or a request is taken to wait: what it does cannot be seen. */
function isAbrupt({ lifecycle }: Container): boolean {
  const { sleep, exec, httpGet } = lifecycle?.preStop ?? {};
  return exec === undefined && httpGet === undefined && (sleep?.seconds ?? 0) === 0;
}
