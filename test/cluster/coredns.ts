/** The cluster's name server, as pods. */
import { addresses } from "./layout.ts";

const name = "coredns";
const namespace = "kube-system";
const labels = { "k8s-app": "kube-dns" };
const port = 1053;

/** Answers for the cluster's names live 5 s; no other name exists, because nothing leads out of the cluster. */
const corefile = `cluster.local:${port} in-addr.arpa:${port} ip6.arpa:${port} {
  errors
  health
  ready
  kubernetes cluster.local in-addr.arpa ip6.arpa {
    ttl 5
  }
  loadbalance
}
.:${port} {
  errors
  template ANY ANY {
    rcode NXDOMAIN
  }
}
`;

/** CoreDNS with its Service, its configuration and its rights. */
export function corednsManifests(image: string): object[] {
  const rbac = "rbac.authorization.k8s.io";
  return [
    // The API server makes this namespace itself, some time after it answers.
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRole",
      metadata: { name: "ebb-coredns" },
      rules: [
        { apiGroups: [""], resources: ["services", "namespaces"], verbs: ["list", "watch"] },
        { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
      ],
    },
    {
      apiVersion: `${rbac}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name: "ebb-coredns" },
      roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "ebb-coredns" },
      subjects: [{ kind: "ServiceAccount", name, namespace }],
    },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, data: { Corefile: corefile } },
    deployment(image),
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "kube-dns", namespace, labels },
      spec: {
        clusterIP: addresses.dnsService,
        selector: labels,
        ports: ["UDP", "TCP"].map((protocol) => ({
          name: `dns-${protocol.toLowerCase()}`,
          protocol,
          port: 53,
          targetPort: port,
        })),
      },
    },
  ];
}

function deployment(image: string): object {
  const container = {
    name,
    image,
    imagePullPolicy: "Never",
    args: ["-conf", "/etc/coredns/Corefile"],
    volumeMounts: [{ name: "config", mountPath: "/etc/coredns", readOnly: true }],
    readinessProbe: { httpGet: { path: "/ready", port: 8181 }, periodSeconds: 1 },
    livenessProbe: { httpGet: { path: "/health", port: 8080 }, failureThreshold: 5 },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    },
  };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, labels },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels, annotations: { corefile } }, // a pod reads it only when it starts
        spec: {
          serviceAccountName: name,
          dnsPolicy: "Default",
          priorityClassName: "system-cluster-critical",
          securityContext: { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } },
          containers: [container],
          volumes: [{ name: "config", configMap: { name } }],
        },
      },
    },
  };
}
