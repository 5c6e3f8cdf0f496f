/** Traefik as the ingress controller: a daemon in the namespace and its rights in the cluster. */
import { join } from "node:path";
import { apiAddress } from "./control-plane.ts";
import { ingressUser, type Tokens } from "./credentials.ts";
import type { Daemon } from "./daemon.ts";
import { addresses, type Layout } from "./layout.ts";
import { pkiFiles } from "./pki.ts";

/** The port on which it takes requests for Ingresses. */
export const ingressPort = 80;

/** Where it says that it is well. */
export const ingressOpsAddress = "127.0.0.1:9080";

/** The ingress controller. */
export function traefik(layout: Layout, binary: string, tokens: Tokens): Daemon {
  const config = join(layout.config, "traefik.yaml");
  const content = {
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    log: { level: "INFO" },
    entryPoints: { web: { address: `:${ingressPort}` }, traefik: { address: ingressOpsAddress } },
    ping: {},
    providers: {
      kubernetesIngress: {
        endpoint: apiAddress,
        token: tokens.ingress,
        certAuthFilePath: join(layout.pki, pkiFiles.ca),
        ingressEndpoint: { ip: addresses.node },
      },
    },
  };
  return {
    name: "traefik",
    command: [binary, `--configFile=${config}`],
    files: { [config]: JSON.stringify(content) },
  };
}

/** Its default IngressClass and its roles. */
export function ingressManifests(): object[] {
  const metadata = { name: "ebb-ingress-controller" };
  const read = ["get", "list", "watch"];
  const rbac = "rbac.authorization.k8s.io";
  return [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "IngressClass",
      metadata: { name: "traefik", annotations: { "ingressclass.kubernetes.io/is-default-class": "true" } },
      spec: { controller: "traefik.io/ingress-controller" },
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata,
      rules: [
        { apiGroups: [""], resources: ["services", "secrets", "nodes"], verbs: read },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: read },
        { apiGroups: ["networking.k8s.io"], resources: ["ingresses", "ingressclasses"], verbs: read },
        { apiGroups: ["networking.k8s.io"], resources: ["ingresses/status"], verbs: ["update"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata,
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: metadata.name },
      subjects: [{ apiGroup: rbac, kind: "User", name: ingressUser }],
    },
  ];
}
