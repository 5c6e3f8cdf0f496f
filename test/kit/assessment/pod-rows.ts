/** What is in the pod template. */
import { pods, type Row } from "./row.ts";
import type { Surroundings } from "../../../operator/workload/assessment/surroundings.ts";
import { withContainer, withPods } from "./surroundings.ts";

const volume = (source: object, more: object = {}): Surroundings =>
  withPods({ volumes: [{ name: "data", ...source }], ...more });

const mount = { volumeMounts: [{ name: "data", mountPath: "/data" }] };

export const podRows: readonly Row[] = [
  [
    "a PersistentVolumeClaim",
    volume({ persistentVolumeClaim: { claimName: "d" } }),
    "Volumes",
    `${pods}.volumes[0]`,
    /Volume "data" of Deployment "checkout" is a persistentVolumeClaim, a disk/,
  ],
  [
    "a folder of the node",
    volume({ hostPath: { path: "/var" } }),
    "Volumes",
    `${pods}.volumes[0]`,
    /hostPath/,
  ],
  ["a driver's volume", volume({ csi: { driver: "x" } }), "Volumes", `${pods}.volumes[0]`, /is a csi\./],
  ["files", volume({ configMap: { name: "c" } }), "MountedFiles", `${pods}.volumes`, /"data" \(configMap\)/],
  [
    "scratch space that containers share",
    volume(
      { emptyDir: {} },
      {
        containers: ["a", "b"].map((name) => ({
          ...withContainer(mount).deployment.spec.template.spec.containers[0],
          name,
        })),
      },
    ),
    "ScratchVolume",
    `${pods}.volumes[0]`,
    /Containers "a", "b".*"data"/,
  ],
  [
    "much scratch space",
    volume({ emptyDir: { sizeLimit: "1Gi" } }),
    "ScratchVolume",
    `${pods}.volumes[0]`,
    /up to 1Gi/,
  ],
  [
    "the node's network",
    withPods({ hostNetwork: true }),
    "HostNetwork",
    `${pods}.hostNetwork`,
    /hostNetwork.*"checkout"/,
  ],
  [
    "a port of the node",
    withContainer({ ports: [{ name: "web", containerPort: 8080, hostPort: 80 }] }),
    "HostNetwork",
    `${pods}.containers[0].ports[0].hostPort`,
    /port 80 of its node/,
  ],
  ["the node's processes", withPods({ hostPID: true }), "Privileges", `${pods}.hostPID`, /hostPID/],
  ["the node's memory", withPods({ hostIPC: true }), "Privileges", `${pods}.hostIPC`, /hostIPC/],
  [
    "a privileged container",
    withContainer({ securityContext: { privileged: true } }),
    "Privileges",
    `${pods}.containers[0].securityContext.privileged`,
    /"app".*privileged/,
  ],
  [
    "capabilities",
    withContainer({ securityContext: { capabilities: { add: ["NET_BIND_SERVICE", "NET_ADMIN"] } } }),
    "Privileges",
    `${pods}.containers[0].securityContext.capabilities.add`,
    /capabilities NET_ADMIN\./,
  ],
  [
    "a GPU",
    withContainer({ resources: { limits: { "nvidia.com/gpu": "1" } } }),
    "Devices",
    `${pods}.containers[0].resources`,
    /nvidia\.com\/gpu/,
  ],
  [
    "a container that exits at once",
    withContainer({ lifecycle: {} }),
    "AbruptShutdown",
    `${pods}.containers[0].lifecycle`,
    /preStop hook.*preStop: \{sleep: \{seconds: 5\}\}/,
  ],
  [
    "a sleep of no time",
    withContainer({ lifecycle: { preStop: { sleep: { seconds: 0 } } } }),
    "AbruptShutdown",
    `${pods}.containers[0].lifecycle`,
    /preStop/,
  ],
  [
    "a request for much memory",
    withContainer({ resources: { requests: { memory: "256Mi" } } }),
    "MemoryAboveEdge",
    `${pods}.containers[0].resources.requests.memory`,
    /requests 256Mi/,
  ],
  [
    "a limit above the edge's",
    withContainer({ resources: { limits: { memory: "1Gi" } } }),
    "MemoryAboveEdge",
    `${pods}.containers[0].resources.limits.memory`,
    /limited to 1Gi/,
  ],
  [
    "the right to make Leases",
    { ...withPods({ serviceAccountName: "keeper" }), rights: ["Leases", "ConfigMaps"] },
    "LeaderElection",
    `${pods}.serviceAccountName`,
    /"keeper".*Leases and ConfigMaps/,
  ],
];
