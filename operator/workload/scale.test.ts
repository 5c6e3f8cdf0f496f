import { expect, it } from "vitest";
import type { Deployment } from "../kube/objects.ts";
import type { ManagedFieldsEntry } from "../kube/resource.ts";
import { isReady, replicasManager } from "./scale.ts";

const replicas = { "f:spec": { "f:replicas": {} } };

const ownedBy = (...managedFields: ManagedFieldsEntry[]): Deployment => ({
  metadata: { name: "checkout", managedFields, generation: 4 },
  spec: { selector: {}, template: { spec: { containers: [] } } },
});

it.each<[string, Deployment, string | undefined]>([
  [
    "the only owner",
    ownedBy({ manager: "argocd", time: "2026-01-01T00:00:00Z", fieldsV1: replicas }),
    "argocd",
  ],
  [
    "the latest of several",
    ownedBy(
      { manager: "helm", time: "2026-01-01T00:00:00Z", fieldsV1: replicas },
      { manager: "flux", time: "2026-01-02T00:00:00Z", fieldsV1: replicas },
    ),
    "flux",
  ],
  [
    "the one of the scale subresource, which has no time",
    ownedBy(
      { manager: "helm", time: "2026-01-01T00:00:00Z", fieldsV1: replicas },
      { manager: "kubectl", subresource: "scale", fieldsV1: replicas },
    ),
    "kubectl",
  ],
  ["nobody when only Ebb owns it", ownedBy({ manager: "ebb", fieldsV1: replicas }), undefined],
  [
    "nobody when no entry has the field",
    ownedBy({ manager: "helm", fieldsV1: { "f:spec": { "f:template": {} } } }),
    undefined,
  ],
])("names %s", (_title, deployment, manager) => {
  expect(replicasManager(deployment)).toBe(manager);
});

it("takes a Deployment for ready only when its status speaks of its newest spec", () => {
  const status = { observedGeneration: 4, readyReplicas: 2 };
  expect(isReady({ ...ownedBy(), status }, 2)).toBe(true);
  expect(isReady({ ...ownedBy(), status }, 3)).toBe(false);
  expect(isReady({ ...ownedBy(), status: { ...status, observedGeneration: 3 } }, 2)).toBe(false);
});
