/** Manifests that people write by mistake, and what the API server must tell them. */
import type { Kind } from "./manifest.ts";

export interface BadManifest {
  /** What is wrong, as the title of a test. */
  readonly mistake: string;
  readonly kind: Kind;
  /** YAML of the spec's fields that differ from goodSpecs; `null` takes a field away. */
  readonly spec: string;
  /** The field that the message names. */
  readonly field: string;
  /** What the message says of what was found, is allowed or missing. */
  readonly says: string;
}

type Row = readonly [mistake: string, spec: string, field: string, says: string];

const functionRows: readonly Row[] = [
  [
    "a placement that is no place",
    "placement: Edges",
    "spec.placement",
    'supported values: "Edge", "Cluster"',
  ],
  ["a word for a switch", 'suspend: "yes"', "spec.suspend", "must be of type boolean"],
  ["no workload", "workloadRef: null", "spec.workloadRef", "Required value"],
  ["a workload with no name", "workloadRef: {}", "spec.workloadRef.name", "Required value"],
  [
    "a workload as kubectl names it",
    "workloadRef: {name: deploy/checkout}",
    "spec.workloadRef.name",
    "\"deploy/checkout\" is not the name of a Deployment: use lower case letters, digits, '-' and '.'",
  ],
  [
    "a workload of another kind",
    "workloadRef: {kind: StatefulSet, name: checkout}",
    "spec.workloadRef.kind",
    "unknown field",
  ],
  [
    "a workload in another namespace",
    "workloadRef: {name: a, namespace: b}",
    "spec.workloadRef.namespace",
    "unknown field",
  ],
  [
    "a Service port with no Service",
    "serviceRef: {port: {number: 80}}",
    "spec.serviceRef.name",
    "Required value",
  ],
  [
    "a Service with its domain",
    "serviceRef: {name: checkout.shop.svc}",
    "spec.serviceRef.name",
    "\"checkout.shop.svc\" is not the name of a Service: use lower case letters, digits and '-'",
  ],
  [
    "a port by name and by number",
    "serviceRef: {name: checkout, port: {name: http, number: 80}}",
    "spec.serviceRef.port",
    "name and number are both set: keep exactly one of them",
  ],
  [
    "a port by neither",
    "serviceRef: {name: checkout, port: {}}",
    "spec.serviceRef.port",
    "set exactly one of name and number, such as {name: http} or {number: 80}",
  ],
  ["a bare port", "serviceRef: {name: checkout, port: 80}", "spec.serviceRef.port", "must be of type object"],
  [
    "a port that no Service can have",
    "serviceRef: {name: checkout, port: {number: 80800}}",
    "spec.serviceRef.port.number",
    "should be less than or equal to 65535",
  ],
  [
    "a module with no source",
    "module: {abi: Worker}",
    "spec.module",
    "a module needs one source: set oci with a reference to a registry, http with a url and a digest, or configMapKeyRef",
  ],
  [
    "a module with two sources",
    "module: {oci: {reference: 'r.example.com/a:1'}, configMapKeyRef: {name: a, key: b}}",
    "spec.module",
    "a module has one source: keep exactly one of oci, http and configMapKeyRef",
  ],
  [
    "an artifact with no registry",
    "module: {oci: {reference: 'shop/checkout:1'}}",
    "spec.module.oci.reference",
    '"shop/checkout:1" does not begin with a registry and a slash: write its host first',
  ],
  [
    "an artifact with neither tag nor digest",
    "module: {oci: {reference: 'registry.example.com:5000/shop/checkout'}}",
    "spec.module.oci.reference",
    '"registry.example.com:5000/shop/checkout" has no tag and no digest: add one, such as :1.4.2',
  ],
  [
    "an artifact as Flux writes it",
    "module: {oci: {reference: 'oci://registry.example.com/shop/checkout:1'}}",
    "spec.module.oci.reference",
    "does not begin with a registry and a slash",
  ],
  [
    "an artifact with capitals",
    "module: {oci: {reference: 'registry.example.com/Shop/checkout:1'}}",
    "spec.module.oci.reference",
    "is not a reference: after the registry come lower case names",
  ],
  [
    "an artifact with half of a digest",
    "module: {oci: {reference: 'registry.example.com/shop/checkout@sha256:abcd'}}",
    "spec.module.oci.reference",
    "then a tag of letters, digits, '-', '_' and '.', or @sha256: and 64 hexadecimal digits",
  ],
  [
    "a pull Secret as a word",
    "module: {oci: {reference: 'r.example.com/a:1', pullSecretRef: registry}}",
    "spec.module.oci.pullSecretRef",
    "must be of type object",
  ],
  [
    "a pull Secret of another namespace",
    "module: {oci: {reference: 'r.example.com/a:1', pullSecretRef: {name: ops/registry}}}",
    "spec.module.oci.pullSecretRef.name",
    '"ops/registry" is not the name of a Secret: use lower case letters',
  ],
  [
    "a signature without a key",
    "module: {oci: {reference: 'r.example.com/a:1'}, verification: {}}",
    "spec.module.verification.publicKeySecretRef",
    "Required value",
  ],
  [
    "a keyless signature, which this release does not check",
    "module: {oci: {reference: 'r.example.com/a:1'}, verification: {keyless: {issuer: 'https://issuer.example.com'}}}",
    "spec.module.verification.keyless",
    "unknown field",
  ],
  [
    "a public key of another namespace",
    "module: {oci: {reference: 'r.example.com/a:1'}, verification: {publicKeySecretRef: {name: ops/signer}}}",
    "spec.module.verification.publicKeySecretRef.name",
    '"ops/signer" is not the name of a Secret: use lower case letters',
  ],
  [
    "a public key in a folder",
    "module: {oci: {reference: 'r.example.com/a:1'}, verification: {publicKeySecretRef: {name: signer, key: keys/cosign.pub}}}",
    "spec.module.verification.publicKeySecretRef.key",
    '"keys/cosign.pub" is not a key of a Secret: use letters',
  ],
  [
    "a signature of a ConfigMap",
    "module: {configMapKeyRef: {name: a, key: b}, verification: {publicKeySecretRef: {name: signer}}}",
    "spec.module.verification",
    "is for oci only: signatures are kept in registries",
  ],
  [
    "a URL with no digest",
    "module: {http: {url: 'https://modules.example.com/a.wasm'}}",
    "spec.module.http.digest",
    "Required value",
  ],
  [
    "a URL with a password",
    `module: {http: {url: 'https://me:secret@modules.example.com/a.wasm', digest: 'sha256:${"0".repeat(64)}'}}`,
    "spec.module.http.url",
    "is not the URL of a file: write https:// or http://, a host without credentials, and a path",
  ],
  [
    "a file of the operator's own",
    `module: {http: {url: 'file:///etc/passwd', digest: 'sha256:${"0".repeat(64)}'}}`,
    "spec.module.http.url",
    '"file:///etc/passwd" is not the URL of a file: write https:// or http://',
  ],
  [
    "a digest without its kind",
    `module: {http: {url: 'https://modules.example.com/a.wasm', digest: '${"0".repeat(64)}'}}`,
    "spec.module.http.digest",
    "is not a digest: write sha256: and the 64 digits that sha256sum prints",
  ],
  [
    "a policy for a ConfigMap",
    "module: {configMapKeyRef: {name: a, key: b}, updatePolicy: Poll}",
    "spec.module.updatePolicy",
    "is for oci only: a ConfigMap is followed anyway, and http names one digest",
  ],
  [
    "a policy that is none",
    "module: {oci: {reference: 'r.example.com/a:1'}, updatePolicy: Always}",
    "spec.module.updatePolicy",
    'supported values: "Pinned", "Poll"',
  ],
  [
    "a digest that is to be followed",
    `module: {oci: {reference: 'r.example.com/a:1@sha256:${"0".repeat(64)}'}, updatePolicy: Poll}`,
    "spec.module.updatePolicy",
    "Poll has nothing to look up: spec.module.oci.reference names a digest, which never moves",
  ],
  [
    "an interval of nothing that is polled",
    "module: {oci: {reference: 'r.example.com/a:1'}, pollInterval: 1m}",
    "spec.module.pollInterval",
    "says how often a tag is looked up, which needs updatePolicy Poll",
  ],
  [
    "an interval that is a burden",
    "module: {oci: {reference: 'r.example.com/a:1'}, updatePolicy: Poll, pollInterval: 1s}",
    "spec.module.pollInterval",
    '"1s" is too short or too long: at least 10s and at most 24h is allowed',
  ],
  [
    "a module with no key",
    "module: {configMapKeyRef: {name: checkout-module}}",
    "spec.module.configMapKeyRef.key",
    "Required value",
  ],
  [
    "a module key with a folder",
    "module: {configMapKeyRef: {name: checkout-module, key: out/module.wasm}}",
    "spec.module.configMapKeyRef.key",
    "\"out/module.wasm\" is not a key of a ConfigMap: use letters, digits, '-', '_' and '.'",
  ],
  [
    "a ConfigMap name with capitals",
    "module: {configMapKeyRef: {name: Checkout_Module, key: module.wasm}}",
    "spec.module.configMapKeyRef.name",
    '"Checkout_Module" is not the name of a ConfigMap: use lower case letters',
  ],
  [
    "an ABI of another release",
    "module: {abi: WasiReactor, configMapKeyRef: {name: checkout-module, key: module.wasm}}",
    "spec.module.abi",
    'supported values: "Auto", "WasiCommand", "WasiHttp", "Worker"',
  ],
  [
    "a target of no such kind",
    "edgeTargetRef: {kind: ClusterTarget, name: default}",
    "spec.edgeTargetRef.kind",
    'supported values: "EdgeTarget", "ClusterEdgeTarget"',
  ],
  [
    "a blocker that cannot be taken on",
    "assessment: {ignore: [ServiceHeadless]}",
    "spec.assessment.ignore[0]",
    'supported values: "Volumes", "HostNetwork", "Privileges"',
  ],
  [
    "a blocker that is taken on twice",
    "assessment: {ignore: [Volumes, Volumes]}",
    "spec.assessment.ignore[1]",
    "Duplicate value",
  ],
  [
    "one blocker where a list belongs",
    "assessment: {ignore: Volumes}",
    "spec.assessment.ignore",
    "must be of type array",
  ],
  [
    "a warning that is to be silent, without its list",
    "assessment: {silence: [AbruptShutdown]}",
    "spec.assessment.silence",
    "unknown field",
  ],
  ["a target with no name", "edgeTargetRef: {kind: EdgeTarget}", "spec.edgeTargetRef.name", "Required value"],
  [
    "a variable that is there twice",
    "env: [{name: A, value: x}, {name: A, value: y}]",
    "spec.env[1]",
    "Duplicate value",
  ],
  [
    "a variable with a name that no program can read",
    "env: [{name: 2FA=, value: x}]",
    "spec.env[0].name",
    '"2FA=" is not the name of an environment variable: use letters, digits',
  ],
  [
    "a variable with a number",
    "env: [{name: LIMIT, value: 5}]",
    "spec.env[0].value",
    "must be of type string",
  ],
  [
    "a variable with no value",
    "env: [{name: LIMIT}]",
    "spec.env[0].value",
    "Required value: set value, or valueFrom with a secretKeyRef or a configMapKeyRef",
  ],
  [
    "a variable with two sources",
    "env: [{name: KEY, value: '', valueFrom: {secretKeyRef: {name: a, key: b}}}]",
    "spec.env[0].valueFrom",
    "value and valueFrom are both set: keep exactly one of them",
  ],
  [
    "a variable from nowhere",
    "env: [{name: KEY, valueFrom: {}}]",
    "spec.env[0].valueFrom",
    "set exactly one of secretKeyRef and configMapKeyRef, each with a name and a key",
  ],
  [
    "a variable from a Secret and a ConfigMap",
    "env: [{name: KEY, valueFrom: {secretKeyRef: {name: a, key: b}, configMapKeyRef: {name: a, key: b}}}]",
    "spec.env[0].valueFrom",
    "secretKeyRef and configMapKeyRef are both set: keep exactly one of them",
  ],
  [
    "a variable from a Secret with no key",
    "env: [{name: KEY, valueFrom: {secretKeyRef: {name: a}}}]",
    "spec.env[0].valueFrom.secretKeyRef.key",
    "Required value",
  ],
  [
    "a variable from a Secret in another namespace",
    "env: [{name: KEY, valueFrom: {secretKeyRef: {namespace: b, name: a, key: b}}}]",
    "spec.env[0].valueFrom.secretKeyRef.namespace",
    "unknown field",
  ],
  [
    "a variable from a Secret that is written as a path",
    "env: [{name: KEY, valueFrom: {secretKeyRef: {name: shop/keys, key: b}}}]",
    "spec.env[0].valueFrom.secretKeyRef.name",
    '"shop/keys" is not the name of a Secret: use lower case letters',
  ],
  [
    "a variable from a ConfigMap key with a folder",
    "env: [{name: KEY, valueFrom: {configMapKeyRef: {name: keys, key: a/b}}}]",
    "spec.env[0].valueFrom.configMapKeyRef.key",
    '"a/b" is not a key of a ConfigMap: use letters, digits',
  ],
  [
    "a variable from a field of the pod",
    "env: [{name: KEY, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
    "spec.env[0].valueFrom.fieldRef",
    "unknown field",
  ],
  [
    "a variable that holds a file",
    `env: [{name: FILE, value: ${"x".repeat(8193)}}]`,
    "spec.env[0].value",
    "Too long: may not be more than 8192 bytes",
  ],
  [
    "a server as a URL",
    "egress: {allow: [{host: 'https://api.example.com'}]}",
    "spec.egress.allow[0].host",
    '"https://api.example.com" is not a host: write a name in lower case or an IPv4 address',
  ],
  [
    "a server with its port in its name",
    "egress: {allow: [{host: 'orders:8080'}]}",
    "spec.egress.allow[0].host",
    '"orders:8080" is not a host',
  ],
  [
    "a server with capitals",
    "egress: {allow: [{host: API.example.com}]}",
    "spec.egress.allow[0].host",
    '"API.example.com" is not a host: write a name in lower case',
  ],
  [
    "an IPv6 address",
    "egress: {allow: [{host: 'fd00::1'}]}",
    "spec.egress.allow[0].host",
    '"fd00::1" is not a host',
  ],
  ["everything", "egress: {allow: [{host: '*'}]}", "spec.egress.allow[0].host", '"*" is not a host'],
  [
    "a whole top-level domain",
    "egress: {allow: [{host: '*.com'}]}",
    "spec.egress.allow[0].host",
    '"*.com" is too wide: write at least two parts of a name after *., such as *.example.com',
  ],
  [
    "a star in the middle",
    "egress: {allow: [{host: api.*.example.com}]}",
    "spec.egress.allow[0].host",
    '"api.*.example.com" is not a host',
  ],
  [
    "a network",
    "egress: {allow: [{host: '*.0.0.10'}]}",
    "spec.egress.allow[0].host",
    '"*.0.0.10" is too wide',
  ],
  [
    "half of an address",
    "egress: {allow: [{host: 10.0.7}]}",
    "spec.egress.allow[0].host",
    '"10.0.7" is neither a name nor an IPv4 address: write four numbers from 0 to 255',
  ],
  [
    "the metadata service of a cloud",
    "egress: {allow: [{host: 169.254.169.254, port: 80}]}",
    "spec.egress.allow[0].host",
    '"169.254.169.254" leads to the edge\'s own pod or to its node, which no module may reach',
  ],
  [
    "the edge's own pod",
    "egress: {allow: [{host: localhost, port: 8081}]}",
    "spec.egress.allow[0].host",
    '"localhost" leads to the edge\'s own pod',
  ],
  [
    "a port that no server has",
    "egress: {allow: [{host: orders, port: 0}]}",
    "spec.egress.allow[0].port",
    "should be greater than or equal to 1",
  ],
  [
    "a server that is there twice",
    "egress: {allow: [{host: orders}, {host: orders, port: 443}]}",
    "spec.egress.allow[1]",
    "Duplicate value",
  ],
  ["a server with no host", "egress: {allow: [{port: 80}]}", "spec.egress.allow[0].host", "Required value"],
  [
    "a time limit with no unit",
    'limits: {requestTimeout: "10"}',
    "spec.limits.requestTimeout",
    '"10" is not a duration: write up to four whole numbers, each with a unit of h, m, s or ms',
  ],
  [
    "a time limit of nothing",
    "limits: {requestTimeout: 0s}",
    "spec.limits.requestTimeout",
    "is no time at all; leave requestTimeout out and a request may take any time",
  ],
  [
    "a time limit of a week",
    "limits: {requestTimeout: 168h}",
    "spec.limits.requestTimeout",
    '"168h" is too long: at most 24h is allowed',
  ],
  [
    "a limit of computing with no unit",
    'limits: {cpuTime: "50"}',
    "spec.limits.cpuTime",
    '"50" is not a duration: write up to four whole numbers, each with a unit of h, m, s or ms',
  ],
  [
    "a limit of computing of nothing",
    "limits: {cpuTime: 0ms}",
    "spec.limits.cpuTime",
    "is no time at all; leave cpuTime out and the edge's own limit holds",
  ],
  [
    "a limit of computing of ten minutes",
    "limits: {cpuTime: 10m}",
    "spec.limits.cpuTime",
    '"10m" is too long: at most 5m is allowed',
  ],
  [
    "a drain period as a number",
    "offload: {drainPeriod: 5}",
    "spec.offload.drainPeriod",
    "must be of type string",
  ],
  [
    "a drain period in words",
    "offload: {drainPeriod: 5 seconds}",
    "spec.offload.drainPeriod",
    '"5 seconds" is not a duration: write up to four whole numbers, each with a unit of h, m, s or ms',
  ],
  [
    "a drain period of more than a day",
    "offload: {drainPeriod: 24h1s}",
    "spec.offload.drainPeriod",
    '"24h1s" is too long: at most 24h is allowed',
  ],
  ["a field with a typing error", "workLoadRef: {name: checkout}", "spec.workLoadRef", "unknown field"],
];

const targetRows: readonly Row[] = [
  [
    "a target of no kind",
    "workerd: null",
    "spec.workerd",
    "a target needs one kind of edge: set workerd, where {} takes all of its defaults",
  ],
  [
    "a pool of nothing",
    "workerd: {replicas: 0}",
    "spec.workerd.replicas",
    "should be greater than or equal to 1",
  ],
  [
    "a pool of a thousand",
    "workerd: {replicas: 1000}",
    "spec.workerd.replicas",
    "should be less than or equal to 50",
  ],
  [
    "an amount of memory in words",
    "workerd: {resources: {limits: {memory: plenty}}}",
    "spec.workerd.resources.limits",
    '"plenty" is not a quantity: write a number and a unit, such as 500m for half a core or 256Mi of memory',
  ],
  [
    "less than no CPU",
    "workerd: {resources: {requests: {cpu: -1}}}",
    "spec.workerd.resources.requests.cpu",
    "should be greater than or equal to 0",
  ],
  [
    "a RuntimeClass with capitals",
    "workerd: {runtimeClassName: gVisor}",
    "spec.workerd.runtimeClassName",
    '"gVisor" is not the name of a RuntimeClass: use lower case letters, digits',
  ],
  [
    "two kinds of edge",
    `cloudflare: {accountID: "0123456789abcdef0123456789abcdef", apiTokenSecretRef: {name: cloudflare}, workersDev: {subdomain: acme}}`,
    "spec.cloudflare",
    "a target is one kind of edge: remove workerd or cloudflare",
  ],
  [
    "an account with nothing to open it",
    "cloudflare: {}",
    "spec.cloudflare.apiTokenSecretRef",
    "Required value",
  ],
  [
    "an account by its name",
    'workerd: null\ncloudflare: {accountID: "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", apiTokenSecretRef: {name: cloudflare}, workersDev: {subdomain: acme}}',
    "spec.cloudflare.accountID",
    "is not an account's identifier: use its 32 digits",
  ],
  [
    "a Secret with capitals",
    'workerd: null\ncloudflare: {accountID: "0123456789abcdef0123456789abcdef", apiTokenSecretRef: {name: Cloudflare}, workersDev: {subdomain: acme}}',
    "spec.cloudflare.apiTokenSecretRef.name",
    '"Cloudflare" is not the name of a Secret: use lower case letters, digits',
  ],
  [
    "a key that no Secret has",
    'workerd: null\ncloudflare: {accountID: "0123456789abcdef0123456789abcdef", apiTokenSecretRef: {name: cloudflare, key: a/b}, workersDev: {subdomain: acme}}',
    "spec.cloudflare.apiTokenSecretRef.key",
    '"a/b" is not a key of a Secret: use letters, digits',
  ],
  [
    "the whole name of a subdomain",
    'workerd: null\ncloudflare: {accountID: "0123456789abcdef0123456789abcdef", apiTokenSecretRef: {name: cloudflare}, workersDev: {subdomain: acme.workers.dev}}',
    "spec.cloudflare.workersDev.subdomain",
    '"acme.workers.dev" is not a subdomain: write the part before .workers.dev alone',
  ],
  ["a token in the spec", "cloudflare: {apiToken: abc}", "spec.cloudflare.apiToken", "unknown field"],
  [
    "a pool and an organization",
    "denoDeploy: {organization: acme, tokenSecretRef: {name: deno}}",
    "spec.denoDeploy",
    "a target is one kind of edge: remove denoDeploy or the other",
  ],
  [
    "an organization with nothing to open it",
    "denoDeploy: {}",
    "spec.denoDeploy.tokenSecretRef",
    "Required value",
  ],
  [
    "the whole name of an organization",
    "workerd: null\ndenoDeploy: {organization: acme.deno.net, tokenSecretRef: {name: deno}}",
    "spec.denoDeploy.organization",
    '"acme.deno.net" is not an organization: write the part before .deno.net alone',
  ],
  [
    "a Secret of an organization with capitals",
    "workerd: null\ndenoDeploy: {organization: acme, tokenSecretRef: {name: Deno}}",
    "spec.denoDeploy.tokenSecretRef.name",
    '"Deno" is not the name of a Secret: use lower case letters, digits',
  ],
  [
    "a key that no Secret of an organization has",
    "workerd: null\ndenoDeploy: {organization: acme, tokenSecretRef: {name: deno, key: a/b}}",
    "spec.denoDeploy.tokenSecretRef.key",
    '"a/b" is not a key of a Secret: use letters, digits',
  ],
];

function manifests(kind: Kind, rows: readonly Row[]): BadManifest[] {
  return rows.map(([mistake, spec, field, says]) => ({ mistake, kind, spec, field, says }));
}

export const badManifests: readonly BadManifest[] = [
  ...manifests("EdgeFunction", functionRows),
  ...manifests("EdgeTarget", targetRows),
  ...manifests("ClusterEdgeTarget", targetRows),
];
