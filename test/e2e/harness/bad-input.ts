/** What can be wrong about a workload or a module, each as objects to apply and the refusal that must come. */
import { authModule, moduleKey } from "./auth-workload.ts";
import type { Manifest } from "./kubectl.ts";

export interface BadInput {
  /** Also the name of the case's objects. */
  readonly name: string;
  readonly objects: readonly Manifest[];
  /** Over what the EdgeFunction's spec has otherwise. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly condition: "Eligible" | "ModuleResolved";
  readonly reason: string;
  /** The message must name what is wrong, and where. */
  readonly message: RegExp;
}

type Template = Readonly<Record<string, unknown>>;

interface Marks {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** All cases for one namespace; image is that of the pods, of which there are none. */
export async function badInputs(namespace: string, image: string): Promise<BadInput[]> {
  const make = new Maker(namespace, image);
  const wasm = await authModule();
  return [...workloadCases(make), ...serviceCases(make), ...moduleCases(make, wasm)];
}

function workloadCases(make: Maker): BadInput[] {
  const claim = { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] };
  return [
    {
      name: "no-deployment",
      objects: [make.service("no-deployment")],
      condition: "Eligible",
      reason: "WorkloadNotFound",
      message: /"no-deployment".*no such Deployment/,
    },
    {
      name: "stateful-set",
      objects: [make.workload("stateful-set", {}, "StatefulSet"), make.service("stateful-set")],
      condition: "Eligible",
      reason: "WorkloadKindUnsupported",
      message: /"stateful-set".*StatefulSet/,
    },
    {
      name: "volume-claim",
      objects: [make.workload("volume-claim", claim), make.service("volume-claim")],
      condition: "Eligible",
      reason: "Volumes",
      message: /Volume "data".*persistentVolumeClaim/,
    },
    {
      name: "host-network",
      objects: [make.workload("host-network", { hostNetwork: true }), make.service("host-network")],
      condition: "Eligible",
      reason: "HostNetwork",
      message: /hostNetwork.*"host-network"/,
    },
    {
      name: "privileged",
      objects: [
        make.workload("privileged", {
          containers: [make.container({ securityContext: { privileged: true } })],
        }),
        make.service("privileged"),
      ],
      condition: "Eligible",
      reason: "Privileges",
      message: /Container "app" of Deployment "privileged" is privileged/,
    },
    {
      name: "strict-mesh",
      objects: [make.workload("strict-mesh", {}, "Deployment", strictMesh), make.service("strict-mesh")],
      condition: "Eligible",
      reason: "StrictMesh",
      message: /Linkerd mesh.*all-authenticated/,
    },
  ];
}

/** In Istio's mesh too, of which the cluster knows nothing. */
const strictMesh = {
  labels: { "sidecar.istio.io/inject": "true" },
  annotations: {
    "linkerd.io/inject": "enabled",
    "config.linkerd.io/default-inbound-policy": "all-authenticated",
  },
};

function serviceCases(make: Maker): BadInput[] {
  const datagrams = { name: "http", port: 80, targetPort: 8080, protocol: "UDP" };
  const ports = [80, 81].map((port) => ({ name: `http-${port}`, port, targetPort: 8080 }));
  return [
    {
      name: "no-service",
      objects: [make.workload("no-service")],
      condition: "Eligible",
      reason: "ServiceNotFound",
      message: /No Service selects.*"no-service"/,
    },
    {
      name: "two-services",
      objects: [
        make.workload("two-services"),
        make.service("two-services"),
        make.service("two-services", {}, "two-services-b"),
      ],
      condition: "Eligible",
      reason: "ServiceAmbiguous",
      message: /"two-services", "two-services-b"/,
    },
    {
      name: "other-service",
      objects: [
        make.workload("other-service"),
        make.service("other-service"),
        make.service("other-service", {}, "other-service-b"),
      ],
      spec: { serviceRef: { name: "other-service" } },
      condition: "Eligible",
      reason: "OtherService",
      message: /"other-service-b"/,
    },
    {
      name: "headless",
      objects: [make.workload("headless"), make.service("headless", { clusterIP: "None" })],
      condition: "Eligible",
      reason: "ServiceHeadless",
      message: /"headless" is headless/,
    },
    {
      name: "two-ports",
      objects: [make.workload("two-ports"), make.service("two-ports", { ports })],
      condition: "Eligible",
      reason: "ServicePortAmbiguous",
      message: /http-80 80, http-81 81/,
    },
    {
      name: "sticky",
      objects: [make.workload("sticky"), make.service("sticky", { sessionAffinity: "ClientIP" })],
      condition: "Eligible",
      reason: "ServiceUnsupported",
      message: /"sticky" has sessionAffinity: ClientIP.*cannot be ignored/,
    },
    {
      name: "datagrams",
      objects: [make.workload("datagrams"), make.service("datagrams", { ports: [datagrams] })],
      condition: "Eligible",
      reason: "ServicePortNotHTTP",
      message: /UDP.*cannot be ignored/,
    },
    {
      name: "grpc-ingress",
      objects: [
        make.workload("grpc-ingress"),
        make.service("grpc-ingress"),
        make.grpcIngress("grpc-ingress"),
      ],
      condition: "Eligible",
      reason: "ServicePortNotHTTP",
      message: /Ingress "grpc-ingress" says .*GRPC/,
    },
  ];
}

function moduleCases(make: Maker, wasm: Buffer): BadInput[] {
  const png = Buffer.from("89504e470d0a1a0a0000000d49484452", "hex");
  const component = Buffer.from("0061736d0d000100", "hex");
  const refusals: [name: string, bytes: Buffer | undefined, reason: string, message: RegExp][] = [
    ["module-missing", undefined, "ModuleNotFound", /ConfigMap "module-missing"/],
    ["module-truncated", wasm.subarray(0, wasm.length / 2), "ModuleTruncated", /not valid WebAssembly/],
    ["module-png", png, "ModuleNotWasm", /a PNG image, not WebAssembly/],
    ["module-component", component, "ModuleNotHandler", /exports nothing/],
    ["module-import", importing("env", "launch"), "UnsupportedImport", /env\.launch/],
  ];
  return refusals.map(([name, bytes, reason, message]) => ({
    name,
    objects: [
      make.workload(name),
      make.service(name),
      ...(bytes === undefined ? [] : [make.module(name, bytes)]),
    ],
    condition: "ModuleResolved",
    reason,
    message,
  }));
}

/** A module that does nothing but import one function without parameters. */
function importing(module: string, name: string): Buffer {
  const [from, what] = [Buffer.from(module), Buffer.from(name)];
  const type = [1, 4, 1, 0x60, 0, 0];
  const entry = [1, from.length, ...from, what.length, ...what, 0, 0];
  return Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...type, 2, entry.length, ...entry]);
}

/** Makes the objects of a case, which all go by its name. */
class Maker {
  readonly #namespace: string;
  readonly #image: string;

  constructor(namespace: string, image: string) {
    this.#namespace = namespace;
    this.#image = image;
  }

  workload(name: string, template: Template = {}, kind = "Deployment", marks: Marks = {}): Manifest {
    const labels = { app: name };
    const metadata = { ...marks, labels: { ...marks.labels, ...labels } };
    const containers = [this.container()];
    return {
      apiVersion: "apps/v1",
      kind,
      metadata: { name, namespace: this.#namespace },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata, spec: { containers, ...template } },
      },
    };
  }

  container(fields: Template = {}): Template {
    return { name: "app", image: this.#image, ...fields };
  }

  grpcIngress(name: string): Manifest {
    const backend = { service: { name, port: { name: "http" } } };
    const paths = [{ path: "/", pathType: "Prefix", backend }];
    return {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: {
        name,
        namespace: this.#namespace,
        annotations: { "nginx.ingress.kubernetes.io/backend-protocol": "GRPC" },
      },
      spec: { rules: [{ host: `${name}.localhost`, http: { paths } }] },
    };
  }

  service(app: string, spec: Template = {}, name = app): Manifest {
    const ports = [{ name: "http", port: 80, targetPort: 8080 }];
    return {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace: this.#namespace },
      spec: { selector: { app }, ports, ...spec },
    };
  }

  module(name: string, bytes: Buffer): Manifest {
    return {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name, namespace: this.#namespace },
      binaryData: { [moduleKey]: bytes.toString("base64") },
    };
  }
}
