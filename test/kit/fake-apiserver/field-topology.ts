/** Which lists and maps of an object merge by element and which as a whole: what server-side apply has to know. */

/**
 * Lists are atomic and maps merge by key unless said otherwise. `values` is the topology of every value of a map
 * whose keys are free, `items` that of a list's items.
 */
export interface Topology {
  readonly list?: "map" | "set";
  /** Fields that name an item of a `map` list, each with the value it has when absent. */
  readonly keys?: Readonly<Record<string, unknown>>;
  readonly atomic?: boolean;
  readonly fields?: Readonly<Record<string, Topology>>;
  readonly values?: Topology;
  readonly items?: Topology;
}

export const plain: Topology = {};

export function childTopology(topology: Topology, field: string): Topology {
  return topology.fields?.[field] ?? topology.values ?? plain;
}

function byKeys(keys: Readonly<Record<string, unknown>>, items: Topology = plain): Topology {
  return { list: "map", keys, items };
}

const byName = byKeys({ name: undefined });
const conditions = byKeys({ type: undefined });
const atomicMap: Topology = { atomic: true };
const addresses = byKeys({ ip: undefined });

export const metadataTopology: Topology = {
  fields: { finalizers: { list: "set" }, ownerReferences: byKeys({ uid: undefined }) },
};

const container: Topology = {
  fields: {
    ports: byKeys({ containerPort: undefined, protocol: "TCP" }),
    env: byKeys(
      { name: undefined },
      {
        fields: {
          valueFrom: {
            fields: {
              secretKeyRef: atomicMap,
              configMapKeyRef: atomicMap,
              fieldRef: atomicMap,
              resourceFieldRef: atomicMap,
            },
          },
        },
      },
    ),
    volumeMounts: byKeys({ mountPath: undefined }),
    volumeDevices: byKeys({ devicePath: undefined }),
    resources: { fields: { claims: byName } },
  },
};

const podSpec: Topology = {
  fields: {
    containers: byKeys({ name: undefined }, container),
    initContainers: byKeys({ name: undefined }, container),
    ephemeralContainers: byKeys({ name: undefined }, container),
    volumes: byName,
    imagePullSecrets: byName,
    hostAliases: addresses,
    nodeSelector: atomicMap,
    topologySpreadConstraints: byKeys(
      { topologyKey: undefined, whenUnsatisfiable: undefined },
      { fields: { labelSelector: atomicMap } },
    ),
  },
};

const podStatus: Topology = { fields: { conditions, podIPs: addresses, hostIPs: addresses } };
const template: Topology = { fields: { metadata: metadataTopology, spec: podSpec } };

function kind(spec: Topology, status: Topology = { fields: { conditions } }): Topology {
  return { fields: { metadata: metadataTopology, spec, status } };
}

const workload = kind({ fields: { selector: atomicMap, template } });

const builtin: Readonly<Record<string, Topology>> = {
  Pod: kind(podSpec, podStatus),
  Deployment: workload,
  ReplicaSet: workload,
  StatefulSet: workload,
  DaemonSet: workload,
  Service: kind({ fields: { selector: atomicMap, ports: byKeys({ port: undefined, protocol: "TCP" }) } }),
  PodDisruptionBudget: kind({ fields: { selector: atomicMap } }),
};

/** Topology of a built-in kind; plain but for metadata when the kind has no special fields. */
export function builtinTopology(kindName: string): Topology {
  return builtin[kindName] ?? kind(plain);
}
