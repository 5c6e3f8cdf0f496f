/** What the pods have of their node. */
import { type Fact, fact } from "../finding.ts";
import { containersOf, inContainer, inDeployment, type Surroundings, titleOf } from "../surroundings.ts";

export function hostNetwork(seen: Surroundings): Fact[] {
  const { spec } = seen.deployment.spec.template;
  if (spec.hostNetwork === true) {
    const field = ".spec.template.spec.hostNetwork";
    return [
      fact(
        "HostNetwork",
        inDeployment(seen, field),
        `spec.template.spec.hostNetwork of ${titleOf(seen)} is true.`,
      ),
    ];
  }
  return containersOf(seen).flatMap(({ container, index }) =>
    (container.ports ?? []).flatMap(({ hostPort }, place) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [
            fact(
              "HostNetwork",
              inContainer(seen, index, `.ports[${place}].hostPort`),
              `Container "${container.name}" of ${titleOf(seen)} has port ${hostPort} of its node.`,
            ),
          ],
    ),
  );
}

/** A port below 1024 is no right over the node. */
const harmless: ReadonlySet<string> = new Set(["NET_BIND_SERVICE"]);

export function privileges(seen: Surroundings): Fact[] {
  const { spec } = seen.deployment.spec.template;
  const ofPod = (["hostPID", "hostIPC"] as const)
    .filter((field) => spec[field] === true)
    .map((field) =>
      fact(
        "Privileges",
        inDeployment(seen, `.spec.template.spec.${field}`),
        `spec.template.spec.${field} of ${titleOf(seen)} is true.`,
      ),
    );
  const ofContainers = containersOf(seen).flatMap(({ container, index }) => {
    const { privileged, capabilities } = container.securityContext ?? {};
    const who = `Container "${container.name}" of ${titleOf(seen)}`;
    const at = (field: string): string => inContainer(seen, index, `.securityContext.${field}`);
    const added = addedBy(capabilities).filter((name) => !harmless.has(name));
    return [
      ...(privileged === true ? [fact("Privileges", at("privileged"), `${who} is privileged.`)] : []),
      ...(added.length > 0
        ? [fact("Privileges", at("capabilities.add"), `${who} has the capabilities ${added.join(", ")}.`)]
        : []),
    ];
  });
  return [...ofPod, ...ofContainers];
}

function addedBy(capabilities: unknown): string[] {
  if (typeof capabilities !== "object" || capabilities === null) return [];
  const added: unknown = Reflect.get(capabilities, "add");
  return Array.isArray(added) ? added.map(String) : [];
}

export function devices(seen: Surroundings): Fact[] {
  return containersOf(seen).flatMap(({ container, index }) => {
    const asked = { ...container.resources?.requests, ...container.resources?.limits };
    const names = Object.keys(asked).filter(isDevice);
    if (names.length === 0) return [];
    const found = `Container "${container.name}" of ${titleOf(seen)} asks for ${names.join(", ")}.`;
    return [fact("Devices", inContainer(seen, index, ".resources"), found)];
  });
}

/** Resources of Kubernetes itself have no domain, or its own. */
function isDevice(name: string): boolean {
  return name.includes("/") && !name.includes("kubernetes.io/");
}
