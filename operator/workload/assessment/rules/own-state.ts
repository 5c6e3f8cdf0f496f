/** What stands in the way of Ebb itself: pods that are refused, kinds that it may not read. */
import { type Fact, fact } from "../finding.ts";
import { type OwnPods, ownPods, type Surroundings } from "../surroundings.ts";

export function podsRefused(seen: Surroundings): Fact[] {
  return ownPods(seen).flatMap(refusal);
}

function refusal({ name, deployment }: OwnPods): Fact[] {
  const failure = deployment?.status?.conditions?.find(
    ({ type, status }) => type === "ReplicaFailure" && status === "True",
  );
  if (failure === undefined) return [];
  const path = `Deployment/${name} .status.conditions[?(@.type=="ReplicaFailure")]`;
  return [fact("PodsRefused", path, `Deployment "${name}" has ReplicaFailure: ${causeOf(failure)}.`)];
}

const maxCause = 200;

/** Without the names of pods and the amounts in use, which change with each try. */
function causeOf({ reason = "", message = "" }: { reason?: string; message?: string }): string {
  const forbidden = /forbidden: (.*)$/s.exec(message)?.[1]?.replace(/, (requested|used): .*$/s, "");
  const webhook = /admission webhook "[^"]+" denied the request/.exec(message)?.[0];
  return (webhook ?? forbidden ?? reason).slice(0, maxCause);
}

export function unchecked({ unchecked: plurals }: Surroundings): Fact[] {
  return plurals.map((plural) =>
    fact("Unchecked", plural, `The operator's account has no right to ${plural}.`),
  );
}
