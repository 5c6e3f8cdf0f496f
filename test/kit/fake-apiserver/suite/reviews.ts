/** Questions to the authorizer: they are answered and nothing is stored. */
import { expect, it } from "vitest";
import { objectAt } from "../json.ts";
import type { Bench, Open } from "./api-under-test.ts";

const rbac = "rbac.authorization.k8s.io/v1";

async function bind({ api, grouped, namespace }: Bench, name: string, rule: object): Promise<void> {
  const metadata = { name };
  const role = { apiVersion: rbac, kind: "Role", metadata, rules: [rule] };
  await api.ok("POST", grouped(rbac, "roles"), { body: role });
  const subjects = [{ kind: "ServiceAccount", name, namespace }];
  const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name };
  const binding = { apiVersion: rbac, kind: "RoleBinding", metadata, roleRef, subjects };
  await api.ok("POST", grouped(rbac, "rolebindings"), { body: binding });
}

async function mayCreateLeases({ api, namespace }: Bench, account: string): Promise<unknown> {
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SubjectAccessReview",
    metadata: { name: "" },
    spec: {
      user: `system:serviceaccount:${namespace}:${account}`,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
      resourceAttributes: { namespace, verb: "create", group: "coordination.k8s.io", resource: "leases" },
    },
  };
  const path = "/apis/authorization.k8s.io/v1/subjectaccessreviews";
  return objectAt(await api.ok("POST", path, { body }), "status")["allowed"];
}

const leases = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };

export function reviews(open: Open): void {
  it("an account may what its Role says, and another may not", async () => {
    await bind(open(), "keeper", { ...leases, verbs: ["get", "create"] });
    // Authorizers may lag behind the roles.
    await expect.poll(() => mayCreateLeases(open(), "keeper")).toBe(true);
    expect(await mayCreateLeases(open(), "stranger")).toBe(false);
  });

  it("another verb, and a right to some names, are no right to create", async () => {
    await bind(open(), "reader", { ...leases, verbs: ["get"] });
    await bind(open(), "named", { ...leases, verbs: ["create"], resourceNames: ["one"] });
    await bind(open(), "anything", { apiGroups: ["*"], resources: ["*"], verbs: ["*"] });
    await expect.poll(() => mayCreateLeases(open(), "anything")).toBe(true);
    expect(await mayCreateLeases(open(), "reader")).toBe(false);
    expect(await mayCreateLeases(open(), "named")).toBe(false);
  });
}
