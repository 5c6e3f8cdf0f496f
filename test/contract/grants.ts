/** What the chart's roles give to one of its accounts, rule by rule, and which calls need it. */
import { gatewayNames } from "../../operator/api/v1alpha1/names.ts";
import { type ChartObject, oneOf } from "./rendered-chart.ts";

/** A call as an authorizer sees it. */
export interface Call {
  readonly verb: string;
  readonly group: string;
  /** Plural, with the subresource after a slash. */
  readonly resource: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
}

/** One thing that a role allows. */
export interface Grant {
  readonly where: "Role" | "ClusterRole";
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  /** Undefined: any. */
  readonly name: string | undefined;
}

/** The namespace of the chart, where its Roles count. */
export const operatorNamespace = "ebb-system";

/** Of the roles that have the account's name. */
export function grantsOf(chart: readonly ChartObject[], account: string): Grant[] {
  return (["Role", "ClusterRole"] as const).flatMap((where) =>
    (oneOf(chart, where, account).rules ?? []).flatMap((rule) =>
      rule.apiGroups.flatMap((group) =>
        rule.resources.flatMap((resource) =>
          rule.verbs.flatMap((verb) =>
            (rule.resourceNames ?? [undefined]).map((name) => ({ where, group, resource, verb, name })),
          ),
        ),
      ),
    ),
  );
}

function allows(grant: Grant, call: Call): boolean {
  return (
    grant.group === call.group &&
    grant.resource === call.resource &&
    grant.verb === call.verb &&
    (grant.where === "ClusterRole" || call.namespace === operatorNamespace) &&
    // A name is not known to the authorizer when an object is made.
    (grant.name === undefined || (grant.name === call.name && call.verb !== "create"))
  );
}

export function nameOfGrant({ where, group, resource, verb, name }: Grant): string {
  return `${where} ${verb} ${group}/${resource}${name === undefined ? "" : ` ${name}`}`;
}

function nameOfCall({ group, resource, verb, name = "*", namespace = "*" }: Call): string {
  return `${verb} ${group}/${resource} ${namespace}/${name}`;
}

/** Further gateways have the rights of the first one, and few namespaces have any. */
const furtherGateways: ReadonlySet<string | undefined> = new Set(gatewayNames.slice(1));

/** Names of the grants that no call needs, sorted. */
export function unusedGrants(grants: readonly Grant[], calls: readonly Call[]): string[] {
  return grants
    .filter(({ name }) => !furtherGateways.has(name))
    .filter((grant) => !calls.some((call) => allows(grant, call)))
    .map(nameOfGrant)
    .toSorted();
}

/** Names of the calls that no grant allows, each once. */
export function refusedCalls(grants: readonly Grant[], calls: readonly Call[]): string[] {
  const refused = calls.filter((call) => !grants.some((grant) => allows(grant, call)));
  return [...new Set(refused.map(nameOfCall))].toSorted();
}
