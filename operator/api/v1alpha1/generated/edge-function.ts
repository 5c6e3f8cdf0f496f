/** Made from crds/ by `npm run generate`; do not edit. */

/**
 * What should run at the edge, and in the place of which Deployment. Only workloadRef and module are needed.
 */
export interface EdgeFunctionSpec {
  /**
   * Where the traffic should be served. Edge moves it to the module and scales the Deployment to zero. Cluster brings the Deployment back and keeps the module published, so that the next move to the edge is quick. The default is Edge.
   */
  readonly placement: "Edge" | "Cluster";
  /**
   * When true, Ebb starts no transition and follows no change of this spec or of the module. What serves goes on serving, wherever it is. Deletion is not suspended: a deleted EdgeFunction still brings its Deployment back. The default is false.
   */
  readonly suspend: boolean;
  readonly workloadRef: EdgeFunctionSpecWorkloadRef;
  readonly serviceRef?: EdgeFunctionSpecServiceRef;
  readonly module: EdgeFunctionSpecModule;
  readonly edgeTargetRef?: EdgeFunctionSpecEdgeTargetRef;
  /**
   * Environment of the module, as in a Pod. A WasiCommand and a WasiHttp component see each as an environment variable, a Worker as a property of env. The Deployment's own environment is not copied.
   */
  readonly env?: readonly EdgeFunctionSpecEnv[];
  readonly assessment?: EdgeFunctionSpecAssessment;
  readonly egress?: EdgeFunctionSpecEgress;
  readonly limits?: EdgeFunctionSpecLimits;
  readonly offload: EdgeFunctionSpecOffload;
}
/**
 * The Deployment whose place the module takes, in the namespace of this EdgeFunction. It may not change while the Deployment is away.
 */
export interface EdgeFunctionSpecWorkloadRef {
  /**
   * Name of a Deployment, such as checkout.
   */
  readonly name: string;
}
/**
 * The Service whose traffic moves. When it is not set, Ebb takes the one Service that selects the Deployment's pods, and its one HTTP port. When it is set, Ebb moves this one or stalls. Every Service that selects the pods, and every port of it, must move with the function: a second one stalls it, and the condition Stalled names it.
 */
export interface EdgeFunctionSpecServiceRef {
  /**
   * Name of a Service in the namespace of this EdgeFunction.
   */
  readonly name: string;
  readonly port?: EdgeFunctionSpecServiceRefPort;
}
/**
 * The port of the Service, by name or by number, as in the backend of an Ingress. When it is not set, the Service must have one port that speaks HTTP.
 */
export interface EdgeFunctionSpecServiceRefPort {
  /**
   * Name of a port of the Service, such as http.
   */
  readonly name?: string;
  /**
   * Number of a port of the Service, such as 80; not the number in the container.
   */
  readonly number?: number;
}
/**
 * The module that answers in the Deployment's place. It needs exactly one source: oci, http or configMapKeyRef.
 */
export interface EdgeFunctionSpecModule {
  readonly oci?: EdgeFunctionSpecModuleOci;
  readonly http?: EdgeFunctionSpecModuleHttp;
  readonly verification?: EdgeFunctionSpecModuleVerification;
  /**
   * What a tag in oci.reference means. With Pinned, which is the default, the artifact that it named first. With Poll, the one that it names now: it is looked up every pollInterval, and another module is published with no gap.
   */
  readonly updatePolicy?: "Pinned" | "Poll";
  /**
   * Time between two looks at the tag with updatePolicy Poll. A Gateway API duration, such as 30s or 1h; at least 10s and at most 24h. The default is 5m.
   */
  readonly pollInterval?: string;
  readonly configMapKeyRef?: EdgeFunctionSpecModuleConfigMapKeyRef;
  /**
   * How the module is called. WasiCommand is a WASI preview 1 command that reads a request as CGI does: variables in the environment, the body on standard input, the answer on standard output, a new instance for each request. WasiHttp is a component of the world wasi:http/proxy of WASI 0.2, with bodies streamed both ways and a new instance for each request. Worker is one JavaScript ES module whose default export has a fetch method. Auto, the default, tells WasiCommand and WasiHttp by the module's bytes; JavaScript cannot be told by its bytes and needs Worker.
   */
  readonly abi: "Auto" | "WasiCommand" | "WasiHttp" | "Worker";
}
/**
 * An artifact in an OCI registry: a Wasm OCI artifact of the CNCF layout, one of the older layouts of wasm-to-oci and Spin, or an image FROM scratch with one .wasm file. It has one layer.
 */
export interface EdgeFunctionSpecModuleOci {
  /**
   * Registry, repository, and a tag or a digest, such as registry.example.com/shop/checkout:1.4.2. A tag becomes a digest once, which is in status.module.artifact and stays until reference changes; see updatePolicy.
   */
  readonly reference: string;
  readonly pullSecretRef?: EdgeFunctionSpecModuleOciPullSecretRef;
  /**
   * When true, the registry is asked over http. Whoever is on the way can then read the credentials. The default is false.
   */
  readonly plainHTTP: boolean;
}
/**
 * A Secret of the type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg in the namespace of this EdgeFunction with credentials for the registry. Without it those are used that the Deployment's pods or their service account name in imagePullSecrets.
 */
export interface EdgeFunctionSpecModuleOciPullSecretRef {
  /**
   * Name of a Secret.
   */
  readonly name: string;
}
/**
 * A file on a web server. Redirects are followed, at most five.
 */
export interface EdgeFunctionSpecModuleHttp {
  /**
   * Where the file is, such as https://modules.example.com/checkout-1.4.2.wasm. It is shown in this object, so it should hold no secret.
   */
  readonly url: string;
  /**
   * SHA-256 of the file, as sha256 and 64 hexadecimal digits with a colon between them. Other bytes are refused.
   */
  readonly digest: string;
}
/**
 * The signature of cosign that the artifact in oci must have. Nothing of an artifact without it is downloaded or published; what is published goes on serving.
 */
export interface EdgeFunctionSpecModuleVerification {
  readonly publicKeySecretRef: EdgeFunctionSpecModuleVerificationPublicKeySecretRef;
}
/**
 * A key of a Secret in the namespace of this EdgeFunction whose value is the public key in PEM, or several: then a signature by one of them is enough. ECDSA of P-256 and RSA are taken. A change is followed within half a minute.
 */
export interface EdgeFunctionSpecModuleVerificationPublicKeySecretRef {
  /**
   * Name of a Secret.
   */
  readonly name: string;
  /**
   * Key in the data of the Secret. The default is cosign.pub, as cosign generate-key-pair names it.
   */
  readonly key: string;
}
/**
 * A key of a ConfigMap in the namespace of this EdgeFunction whose value is the module. Wasm belongs in binaryData, which kubectl create configmap --from-file chooses by itself. When the bytes change, the new module is published and the traffic moves to it without a gap.
 */
export interface EdgeFunctionSpecModuleConfigMapKeyRef {
  /**
   * Name of a ConfigMap.
   */
  readonly name: string;
  /**
   * Key in the ConfigMap's binaryData or data, such as module.wasm.
   */
  readonly key: string;
}
/**
 * The edge to publish to. When it is not set, the EdgeTarget named default in the namespace of this EdgeFunction is used, and when there is none, the ClusterEdgeTarget named default.
 */
export interface EdgeFunctionSpecEdgeTargetRef {
  /**
   * EdgeTarget, the default, is an object of the namespace of this EdgeFunction, ClusterEdgeTarget one of the cluster.
   */
  readonly kind: "EdgeTarget" | "ClusterEdgeTarget";
  /**
   * Name of the EdgeTarget or ClusterEdgeTarget.
   */
  readonly name: string;
}
/**
 * One variable, by its value or by where that is found.
 */
export interface EdgeFunctionSpecEnv {
  /**
   * Name of the variable, such as LOG_LEVEL. Each name may be there once.
   */
  readonly name: string;
  /**
   * Value of the variable; it may be empty. It is stored as plain text, so it must not hold a secret: see valueFrom.
   */
  readonly value?: string;
  readonly valueFrom?: EdgeFunctionSpecEnvValueFrom;
}
/**
 * Where the value is found, in the namespace of this EdgeFunction. When the value changes, the module is published with the new one and the traffic moves to it without a gap.
 */
export interface EdgeFunctionSpecEnvValueFrom {
  readonly secretKeyRef?: EdgeFunctionSpecEnvValueFromSecretKeyRef;
  readonly configMapKeyRef?: EdgeFunctionSpecEnvValueFromConfigMapKeyRef;
}
/**
 * A key of a Secret. Its value is kept in Secrets and in the pods of the edge only. A change is followed within half a minute.
 */
export interface EdgeFunctionSpecEnvValueFromSecretKeyRef {
  /**
   * Name of a Secret.
   */
  readonly name: string;
  /**
   * Key in the data of the Secret, such as password.
   */
  readonly key: string;
  /**
   * When true and the Secret or its key is not there, the module runs without the variable. Otherwise it is not published until both are there.
   */
  readonly optional?: boolean;
}
/**
 * A key of the data of a ConfigMap. A change is followed at once.
 */
export interface EdgeFunctionSpecEnvValueFromConfigMapKeyRef {
  /**
   * Name of a ConfigMap.
   */
  readonly name: string;
  /**
   * Key in the data of the ConfigMap, such as log-level.
   */
  readonly key: string;
  /**
   * When true and the ConfigMap or its key is not there, the module runs without the variable. Otherwise it is not published until both are there.
   */
  readonly optional?: boolean;
}
/**
 * What the owner of the workload knows better than the assessment of it.
 */
export interface EdgeFunctionSpecAssessment {
  /**
   * Codes of blockers that the owner takes on: they become warnings and the workload moves all the same. Blockers with which the traffic cannot be moved at all are not among the choices, such as a headless Service. See status.assessment.findings for what was found.
   *
   * Items: Code of a blocker.
   */
  readonly ignore?: (
    | "Volumes"
    | "HostNetwork"
    | "Privileges"
    | "Devices"
    | "PortNotHTTP"
    | "GRPC"
    | "H2C"
    | "TLSBackend"
    | "StrictMesh"
    | "NetworkPolicy"
    | "QuotaTooSmall"
    | "OutsideLimitRange"
  )[];
}
/**
 * What the module may reach over the network. Without it the module reaches nothing.
 */
export interface EdgeFunctionSpecEgress {
  /**
   * Servers that a Worker may call with fetch over HTTP, HTTPS and WebSocket, and a WasiHttp component over HTTP and HTTPS, in the cluster and outside of it. A WasiCommand has no network. Redirects are followed only to servers in the list.
   */
  readonly allow?: readonly EdgeFunctionSpecEgressAllow[];
}
/**
 * One server, or the servers below one name, at one port.
 */
export interface EdgeFunctionSpecEgressAllow {
  /**
   * The host as it is in the URLs that the module calls: a name in lower case, such as api.example.com or orders.shop.svc, or an IPv4 address. *.example.com stands for every name below example.com, not for example.com itself.
   */
  readonly host: string;
  /**
   * Port of the server, such as 443, which is the default, or 80.
   */
  readonly port: number;
}
/**
 * What the module may use. The gateway and the Deployment are not held to it.
 */
export interface EdgeFunctionSpecLimits {
  /**
   * Time that the module may compute for one request, waiting not counted. Cloudflare ends a request over it; other edges cannot, and status.assessment says so. A Gateway API duration, such as 50ms or 1s; more than zero and at most 5m. Without it the edge's own limit holds.
   */
  readonly cpuTime?: string;
  /**
   * Time from the arrival of a request at the edge to the beginning of the module's answer. A request over it is answered 504 with x-ebb-reason RequestTimeout and is not tried again. What has begun, such as a stream or a WebSocket, goes on for as long as it likes. A Gateway API duration, such as 10s or 1m30s; more than zero and at most 24h. Without it a request may take any time.
   */
  readonly requestTimeout?: string;
}
/**
 * How the Deployment goes to zero and comes back.
 */
export interface EdgeFunctionSpecOffload {
  /**
   * Time between a change of the traffic and the removal of what served it before: between the last request sent to the Deployment and its scale-down, and between the last request sent to the edge and the removal of its way there. Open WebSockets are kept for that long. A Gateway API duration: up to four whole numbers, each with a unit of h, m, s or ms, such as 5s or 1m30s; at most 24h. The default is 5s.
   */
  readonly drainPeriod: string;
}

/**
 * What Ebb has seen and done. It is written by the operator only.
 */
export interface EdgeFunctionStatus {
  /**
   * Generation of the spec that this status speaks of, as in metadata.generation.
   */
  readonly observedGeneration?: number;
  /**
   * A summary for people, made from the conditions. Pending before anything has been done, Publishing while the module goes to the edge, Shifting while the traffic moves to it, Offloaded when the edge serves and the Deployment is at zero, Returning on the way back, InCluster when the Deployment serves. Programs should read the conditions.
   */
  readonly phase?: "Pending" | "Publishing" | "Shifting" | "Offloaded" | "Returning" | "InCluster";
  /**
   * Ready is True when spec.placement is reached and serving. ModuleResolved, Published, TrafficShifted, Offloaded, Eligible and EdgeHealthy tell how far the function is. Reconciling, Stalled and Contended are there only while they are True.
   */
  readonly conditions?: readonly EdgeFunctionStatusCondition[];
  readonly module?: EdgeFunctionStatusModule;
  readonly edge?: EdgeFunctionStatusEdge;
  readonly traffic?: EdgeFunctionStatusTraffic;
  readonly gateway?: EdgeFunctionStatusGateway;
  readonly assessment?: EdgeFunctionStatusAssessment;
  readonly scalingDown?: EdgeFunctionStatusScalingDown;
  readonly savedScale?: EdgeFunctionStatusSavedScale;
}
/**
 * One aspect of the function's state.
 */
export interface EdgeFunctionStatusCondition {
  /**
   * Name of the condition.
   */
  readonly type: string;
  /**
   * Whether the condition holds.
   */
  readonly status: "True" | "False" | "Unknown";
  /**
   * Generation of the spec that the condition speaks of, as in metadata.generation.
   */
  readonly observedGeneration?: number;
  /**
   * When status changed last.
   */
  readonly lastTransitionTime: string;
  /**
   * Why, in one word for programs.
   */
  readonly reason: string;
  /**
   * Why, in a sentence for people.
   */
  readonly message: string;
}
/**
 * The module that is in use.
 */
export interface EdgeFunctionStatusModule {
  /**
   * SHA-256 of the module's bytes, as sha256 and 64 hexadecimal digits.
   */
  readonly digest: string;
  /**
   * How the module is called.
   */
  readonly abi: "WasiCommand" | "WasiHttp" | "Worker";
  /**
   * Length of the module in bytes.
   */
  readonly size: number;
  readonly artifact?: EdgeFunctionStatusModuleArtifact;
}
/**
 * What it was taken from, when that is outside of the cluster.
 */
export interface EdgeFunctionStatusModuleArtifact {
  /**
   * The spec.module.oci.reference or spec.module.http.url that led to it.
   */
  readonly reference: string;
  /**
   * Digest by which a registry knows it, that of its index when it has one; of a file, that of its bytes.
   */
  readonly digest: string;
  /**
   * Fingerprint of the public key whose signature of digest was verified: SHA-256 of its DER form. It is not there when spec.module.verification asks for no signature.
   */
  readonly signedBy?: string;
}
/**
 * Where the module is published.
 */
export interface EdgeFunctionStatusEdge {
  /**
   * Kind and name of the edge target, such as ClusterEdgeTarget/default.
   */
  readonly target: string;
  /**
   * The published version that the traffic goes to. It changes with the module and with env.
   */
  readonly version?: string;
  /**
   * Where the edge answers, as the gateway reaches it.
   */
  readonly url?: string;
}
/**
 * How the requests are shared between the Deployment and the edge.
 */
export interface EdgeFunctionStatusTraffic {
  /**
   * Percent of the gateway's requests that it is configured to send to the edge.
   */
  readonly weight?: number;
  /**
   * The weight that every ready pod of the gateway runs with. It is not there while they differ.
   */
  readonly confirmedWeight?: number;
  /**
   * Percent of all the Service's requests that reach the edge. It is lower than weight while the Deployment's own pods are still endpoints of the Service.
   */
  readonly edgePercent?: number;
}
/**
 * The gateway of the namespace, through which the traffic moves.
 */
export interface EdgeFunctionStatusGateway {
  /**
   * Name of the gateway's Deployment.
   */
  readonly name: string;
  /**
   * The function's own port on the gateway's pods; it is chosen once.
   */
  readonly port: number;
}
/**
 * What was found of the workload and its surroundings when Ebb looked at them last.
 */
export interface EdgeFunctionStatusAssessment {
  /**
   * Blockers first, then warnings, each in an order that stays. A workload with a blocker stalls and Eligible is False; it moves in spite of warnings.
   */
  readonly findings?: readonly EdgeFunctionStatusAssessmentFinding[];
}
/**
 * One thing that was found.
 */
export interface EdgeFunctionStatusAssessmentFinding {
  /**
   * What it is, in one word for programs and for spec.assessment.ignore.
   */
  readonly code: string;
  /**
   * A Blocker stops the move. A Warning tells what may differ at the edge; blockers that spec.assessment.ignore names are warnings.
   */
  readonly severity: "Blocker" | "Warning";
  /**
   * Kind and name of the object, a space, and the JSON path of the field in it. A path without an object is one in this EdgeFunction.
   */
  readonly path: string;
  /**
   * What was found, why it matters and what to do.
   */
  readonly message: string;
}
/**
 * The step that Ebb makes at present. It is there while the Deployment is on its way to zero, which one whose pods end abruptly goes step by step.
 */
export interface EdgeFunctionStatusScalingDown {
  /**
   * Replicas before the step.
   */
  readonly from: number;
  /**
   * Replicas after the step.
   */
  readonly to: number;
}
/**
 * What the Deployment comes back to. It is there while the Deployment is away, and a second copy is in the annotation ebb.dev/saved-scale of the Deployment.
 */
export interface EdgeFunctionStatusSavedScale {
  /**
   * Replicas that the Deployment had.
   */
  readonly replicas: number;
  /**
   * When the replicas were recorded.
   */
  readonly recordTime: string;
  /**
   * The metadata.uid of the Deployment that had them. Another Deployment of the same name keeps the scale that it came with.
   */
  readonly deploymentUID: string;
}
