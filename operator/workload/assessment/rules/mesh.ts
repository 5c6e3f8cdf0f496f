/** Meshes whose pods take nothing but mutual TLS, by what of them can be seen. */
import type { KubeObject } from "../../../kube/resource.ts";
import type { MutualTlsMode, PeerAuthentication } from "../../../kube/policy-objects.ts";
import { type Fact, fact } from "../finding.ts";
import { inDeployment, podPortOf, type Subject, type Surroundings, titleOf } from "../surroundings.ts";

/** Where Istio keeps what holds for the whole mesh, unless its installation says otherwise. */
export const meshRoot = "istio-system";

export function strictMesh(seen: Surroundings): Fact[] {
  return [...istio(seen), ...linkerd(seen)];
}

interface Marked {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Whether the pods get a sidecar of Istio's, or are in its ambient mesh. */
export function isInIstio({ deployment }: Subject, namespace: KubeObject | undefined): boolean {
  const pod: Marked = deployment.spec.template.metadata ?? {};
  const around: Marked = namespace?.metadata ?? {};
  const isAmbient =
    (pod.labels?.["istio.io/dataplane-mode"] ?? around.labels?.["istio.io/dataplane-mode"]) === "ambient";
  const inject = pod.labels?.["sidecar.istio.io/inject"] ?? pod.annotations?.["sidecar.istio.io/inject"];
  const isInjected =
    inject === undefined
      ? around.labels?.["istio-injection"] === "enabled" || around.labels?.["istio.io/rev"] !== undefined
      : inject === "true";
  return isAmbient || isInjected;
}

function istio(seen: Surroundings): Fact[] {
  if (!isInIstio(seen, seen.namespace)) return [];
  const [deciding] = narrowestFirst(seen).flatMap((policy) => modeOf(policy, podPortOf(seen)));
  if (deciding?.mode !== "STRICT") return [];
  const { name, namespace } = deciding.policy.metadata;
  const found = `PeerAuthentication "${name}" of namespace "${namespace}" asks the pods of ${titleOf(seen)} for mutual TLS: STRICT.`;
  return [fact("StrictMesh", `PeerAuthentication/${name} ${deciding.field}`, found)];
}

/** Those for the workload, for its namespace, for the mesh; the oldest first among equals, as Istio takes them. */
function narrowestFirst(seen: Surroundings): PeerAuthentication[] {
  const scoped = seen.peerAuthentications.flatMap((policy) => {
    const scope = scopeOf(policy, seen);
    return scope === undefined ? [] : [{ policy, scope }];
  });
  return scoped
    .toSorted(
      (left, right) => left.scope - right.scope || ageOf(left.policy).localeCompare(ageOf(right.policy)),
    )
    .map(({ policy }) => policy);
}

/** 0 for the workload, 1 for its namespace, 2 for the mesh; undefined when it does not concern the workload. */
function scopeOf({ metadata, spec }: PeerAuthentication, { deployment }: Subject): number | undefined {
  const selector = Object.entries(spec?.selector?.matchLabels ?? {});
  const labels = deployment.spec.template.metadata?.labels ?? {};
  if (metadata.namespace !== deployment.metadata.namespace)
    return metadata.namespace === meshRoot && selector.length === 0 ? 2 : undefined;
  if (selector.length === 0) return 1;
  return selector.every(([key, value]) => labels[key] === value) ? 0 : undefined;
}

function ageOf({ metadata }: PeerAuthentication): string {
  return `${metadata.creationTimestamp ?? ""} ${metadata.name}`;
}

interface Deciding {
  readonly policy: PeerAuthentication;
  readonly mode: MutualTlsMode;
  readonly field: string;
}

/** Nothing when it leaves the mode to a wider one. */
function modeOf(policy: PeerAuthentication, port: number | undefined): Deciding[] {
  const ofPort = port === undefined ? undefined : policy.spec?.portLevelMtls?.[String(port)]?.mode;
  const mode = ofPort ?? policy.spec?.mtls?.mode ?? "UNSET";
  if (mode === "UNSET") return [];
  const field = ofPort === undefined ? ".spec.mtls.mode" : `.spec.portLevelMtls['${port}'].mode`;
  return [{ policy, mode, field }];
}

const inject = "linkerd.io/inject";
const inboundPolicy = "config.linkerd.io/default-inbound-policy";
const strictPolicies: ReadonlySet<string> = new Set(["all-authenticated", "cluster-authenticated", "deny"]);

function linkerd(seen: Surroundings): Fact[] {
  const pod = seen.deployment.spec.template.metadata?.annotations ?? {};
  const around = seen.namespace?.metadata.annotations ?? {};
  const injected = pod[inject] ?? around[inject];
  if (injected !== "enabled" && injected !== "ingress") return [];
  const policy = pod[inboundPolicy] ?? around[inboundPolicy] ?? "";
  if (!strictPolicies.has(policy)) return [];
  const found = `The pods of ${titleOf(seen)} are in a Linkerd mesh, and ${inboundPolicy} is ${policy}.`;
  const path =
    pod[inboundPolicy] === undefined
      ? `Namespace/${seen.namespace?.metadata.name} .metadata.annotations['${inboundPolicy}']`
      : inDeployment(seen, `.spec.template.metadata.annotations['${inboundPolicy}']`);
  return [fact("StrictMesh", path, found)];
}
