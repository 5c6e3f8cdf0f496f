/** The calls of an operator as an authorizer sees them. */
import type { ApiRequest } from "../kit/fake-apiserver/api-request.ts";
import type { FakeApiServer } from "../kit/fake-apiserver/fake-api-server.ts";
import { isObject, objectAt } from "../kit/fake-apiserver/json.ts";
import { isOperator } from "../faults/operator-process.ts";
import type { Call } from "./grants.ts";

/** The calls that reach server from now on; the list grows. */
export function recordCalls(server: FakeApiServer): readonly Call[] {
  const calls: Call[] = [];
  server.onRequest((request) => {
    if (isOperator(request.actor.token)) calls.push(...callsOf(server, request));
    return undefined;
  });
  return calls;
}

/** A server-side apply of an object that is not there needs the right to make it too. */
function callsOf(server: FakeApiServer, request: ApiRequest): Call[] {
  const { kind, verb, subresource, namespace } = request;
  const resource = subresource === undefined ? kind.plural : `${kind.plural}/${subresource}`;
  const call = { verb, group: kind.group, resource, namespace, name: nameOf(request) };
  if (!request.contentType.startsWith("application/apply-patch")) return [call];
  const ref = { name: call.name ?? "", ...(namespace !== undefined && { namespace }) };
  return server.read(kind, ref) === undefined ? [call, { ...call, verb: "create" }] : [call];
}

function nameOf({ name, body }: ApiRequest): string | undefined {
  if (name !== undefined || !isObject(body)) return name;
  const made = objectAt(body, "metadata")["name"];
  return typeof made === "string" ? made : undefined;
}
