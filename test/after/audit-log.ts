/** What Ebb's accounts asked of a real API server, as its audit log tells it. */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { type Call, operatorNamespace } from "../contract/grants.ts";

export interface AuditedCall extends Call {
  /** Whether the authorizer let it pass. */
  readonly isAllowed: boolean;
}

/** The part of an audit.k8s.io/v1 Event that is read. */
interface AuditEvent {
  readonly verb: string;
  readonly user: { readonly username: string };
  readonly requestReceivedTimestamp: string;
  /** Not there for paths that are no resource. */
  readonly objectRef?: {
    readonly resource: string;
    readonly subresource?: string;
    readonly apiGroup?: string;
    readonly namespace?: string;
    readonly name?: string;
  };
  readonly responseStatus?: { readonly code?: number };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Different calls of an account, since a time in milliseconds since the epoch; each is given once. */
export async function auditedCalls(file: string, account: string, since: number): Promise<AuditedCall[]> {
  const calls = new Map<string, AuditedCall>();
  for await (const line of createInterface({ input: createReadStream(file) })) {
    const event = JSON.parse(line) as AuditEvent;
    if (event.user.username !== `system:serviceaccount:${operatorNamespace}:${account}`) continue;
    if (Date.parse(event.requestReceivedTimestamp) < since) continue;
    for (const call of callsOf(event)) calls.set(JSON.stringify(call), call);
  }
  return [...calls.values()];
}

/** A server-side apply that made its object needed the right to make it too. */
function callsOf({ verb, objectRef, responseStatus, annotations }: AuditEvent): AuditedCall[] {
  if (objectRef === undefined) return [];
  const { resource, subresource, apiGroup = "", namespace, name } = objectRef;
  const call = {
    verb,
    group: apiGroup,
    resource: subresource === undefined ? resource : `${resource}/${subresource}`,
    namespace,
    name,
    isAllowed: annotations?.["authorization.k8s.io/decision"] !== "forbid",
  };
  return verb === "patch" && responseStatus?.code === 201 ? [call, { ...call, verb: "create" }] : [call];
}
