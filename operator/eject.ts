/** `operator eject --all`: brings every workload back before Ebb is uninstalled. The operator that runs does the work. */
import { stringify } from "yaml";
import type { Clock } from "./api/clock.ts";
import { caSecretName, functionKey, labels, savedScaleAnnotation } from "./api/v1alpha1/names.ts";
import { isNotFound } from "./kube/api-error.ts";
import { type EdgeFunction, edgeFunctions } from "./kube/edge-objects.ts";
import type { KubeClient } from "./kube/kube-client.ts";
import { secrets } from "./kube/objects.ts";

export interface EjectDeps {
  readonly client: KubeClient;
  readonly clock: Clock;
  /** Of the operator. */
  readonly namespace: string;
  readonly timeoutMs: number;
  /** Writes one line for people. */
  readonly print: (line: string) => void;
}

const pollMs = 1000;

/** Returns whether every workload is back; what is left is printed with the commands that restore it by hand. */
export async function ejectAll(deps: EjectDeps): Promise<boolean> {
  const { client, print } = deps;
  const functions = await listFunctions(client);
  print(`${functions.length} EdgeFunctions. To apply them again after a new install, keep what follows.`);
  for (const fn of functions) print(`---\n${stringify(manifestOf(fn)).trimEnd()}`);
  for (const fn of functions) await client.delete(edgeFunctions, refOf(fn));
  const left = await waitUntilGone(deps);
  if (left.length > 0) {
    print(`${left.length} EdgeFunctions are not back in time. The operator's log says why; by hand:`);
    for (const fn of left) print(howToRestore(fn));
    return false;
  }
  await client.delete(secrets, { namespace: deps.namespace, name: caSecretName });
  print("Every workload is back in the cluster.");
  return true;
}

async function waitUntilGone({ client, clock, timeoutMs, print }: EjectDeps): Promise<EdgeFunction[]> {
  const deadline = clock.now() + timeoutMs;
  let before = -1;
  for (;;) {
    const left = await listFunctions(client);
    if (left.length !== before) print(`${left.length} EdgeFunctions are on their way back`);
    before = left.length;
    if (left.length === 0 || clock.now() >= deadline) return left;
    await clock.sleep(pollMs);
  }
}

/** None when the kind is not there, as when the CRDs were deleted first. */
async function listFunctions(client: KubeClient): Promise<EdgeFunction[]> {
  try {
    return await client.list(edgeFunctions);
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

function manifestOf({ apiVersion, kind, metadata, spec }: EdgeFunction): unknown {
  const { name, namespace, labels } = metadata;
  return {
    apiVersion,
    kind,
    metadata: { name, namespace, ...(labels === undefined ? {} : { labels }) },
    spec,
  };
}

/** In this order: the workload serves before the gateway leaves its Service. */
function howToRestore({ metadata, spec, status }: EdgeFunction): string {
  const { name, namespace = "", uid = "" } = metadata;
  const deployment = `deployment/${spec.workloadRef.name}`;
  const replicas = status?.savedScale?.replicas;
  const scale = replicas === undefined ? [] : [`scale ${deployment} --replicas=${replicas}`];
  const commands = [
    ...scale,
    `rollout status ${deployment}`,
    `delete endpointslices --selector=${labels.function}=${functionKey(uid)}`,
    `annotate ${deployment} ${savedScaleAnnotation}-`,
    `patch edgefunction/${name} --type=merge --patch='{"metadata":{"finalizers":null}}'`,
  ];
  return [
    `# ${namespace}/${name}`,
    ...commands.map((command) => `kubectl --namespace=${namespace} ${command}`),
  ].join("\n");
}

function refOf({ metadata }: EdgeFunction): { namespace: string; name: string } {
  return { namespace: metadata.namespace ?? "", name: metadata.name };
}
