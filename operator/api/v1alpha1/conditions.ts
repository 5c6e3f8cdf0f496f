/**
 * The conditions of an EdgeFunction and their reasons, each with its meaning. Names are API: programs wait for them,
 * so they never change. The meanings are what docs/spec prints; Ready, Reconciling and Stalled carry the reason of
 * the condition that they follow from.
 */

/** Conditions that are always there and start as Unknown; True is good. */
export const normalConditions = {
  Ready: "The placement that the spec asks for is reached and serving.",
  Eligible: "The Deployment and its Service are of a kind that can move.",
  ModuleResolved: "The module's bytes were found, read and understood.",
  Published: "Every ready host of the edge can serve the module.",
  TrafficShifted: "Every ready pod of the gateway sends all of the function's requests to the edge.",
  Offloaded: "The edge serves everything and the Deployment is at zero.",
  EdgeHealthy: "The edge can serve the published module now.",
} as const;

/** Conditions that are there only while they are True; they ask for attention. */
export const abnormalConditions = {
  Reconciling: "Ebb is on its way to what the spec asks for.",
  Stalled: "Ebb cannot go on until a person changes something; the message says what.",
  Contended: "Something else keeps scaling the Deployment up; Ebb leaves it alone.",
} as const;

export type NormalCondition = keyof typeof normalConditions;
export type AbnormalCondition = keyof typeof abnormalConditions;
export type ConditionType = NormalCondition | AbnormalCondition;

/** Reasons that any condition can have. */
export const generalReasons = {
  NotStarted: "Nothing has been tried yet.",
  Starting: "The finalizer is set; the work begins.",
  Suspended: "spec.suspend is true and the placement is not reached.",
  Restored: "The Deployment has its replicas back; what was recorded is being removed.",
  Retiring: "The edge still holds what is not used any more.",
  Retrying: "An attempt failed, as when the API server did not answer; Ebb tries again.",
} as const;

/** Reasons of Eligible. */
export const eligibleReasons = {
  Eligible: "Nothing stands in the way.",
  WorkloadNotFound: "There is no Deployment of the name in spec.workloadRef.",
  WorkloadKindUnsupported:
    "The name in spec.workloadRef belongs to a workload that is no Deployment, such as a StatefulSet.",
  WorkloadTaken: "An older EdgeFunction has the same Deployment or Service.",
  Volumes: "The Deployment's pods hold state, such as a PersistentVolumeClaim.",
  HostNetwork: "The Deployment's pods use the network or a port of their node.",
  Privileges: "The Deployment's pods have rights over their node.",
  Devices: "The Deployment's pods ask for devices, such as a GPU.",
  ServiceNotFound: "No Service selects the pods, or the one in spec.serviceRef does not.",
  ServiceAmbiguous: "Several Services select the pods.",
  ServiceHeadless: "The Service has no cluster IP: its clients pick pods themselves.",
  ServiceUnsupported:
    "The Service has session affinity, a traffic policy of Local, or publishes addresses that are not ready.",
  ServicePortNotFound: "The Service does not have the port that spec.serviceRef.port names, or has none.",
  ServicePortAmbiguous: "The Service has several ports and spec.serviceRef.port does not choose one.",
  ServicePortNotHTTP: "The Service's port is not TCP, or something says that it does not speak plain HTTP.",
  OtherService: "A second Service selects the pods; it would lose them.",
  OtherPort: "The Service has a second port; it would lose its pods.",
  StrictMesh: "The Deployment's pods take only the mutual TLS of a mesh.",
  NetworkPolicy: "A NetworkPolicy keeps the gateway or the pool from their work.",
  QuotaTooSmall: "A ResourceQuota leaves no room for the gateway or the pool.",
  OutsideLimitRange: "A LimitRange refuses the pods of the gateway or the pool.",
  EdgeTargetNotFound: "There is no EdgeTarget or ClusterEdgeTarget of the name, or none is named default.",
} as const;

/** Reasons of ModuleResolved. */
export const moduleReasons = {
  Resolved: "The module was read and can be published.",
  TagNotLookedUp: "The tag that is followed could not be looked up; the module that it named before is used.",
  ModuleNotFound: "The module is not where spec.module says.",
  ModuleForbidden: "The registry or the server does not give the module to Ebb.",
  ModuleTooLarge: "The module has more bytes than the operator takes.",
  LayoutUnsupported:
    "The artifact is laid out in a way that Ebb does not know, or holds more than one module.",
  DigestMismatch: "The bytes are others than those that the digest names.",
  AddressForbidden: "The host leads to an address that the operator may not connect to.",
  PullSecretNotFound: "The Secret in spec.module.oci.pullSecretRef is not there.",
  PullSecretForbidden: "Ebb may not read the Secret in spec.module.oci.pullSecretRef.",
  PullSecretInvalid:
    "The Secret in spec.module.oci.pullSecretRef holds no credentials in a form that Ebb knows.",
  SignatureMissing: "The artifact has no signature, and spec.module.verification asks for one.",
  SignatureInvalid: "No signature of the artifact was made with the key in spec.module.verification.",
  SignatureMismatch:
    "A signature beside the artifact was made with the key, and over another artifact; the message names that.",
  VerificationKeyNotFound:
    "The Secret in spec.module.verification.publicKeySecretRef, or its key, is not there.",
  VerificationKeyForbidden: "Ebb may not read the Secret in spec.module.verification.publicKeySecretRef.",
  VerificationKeyInvalid:
    "The Secret in spec.module.verification.publicKeySecretRef holds no public key of a kind that Ebb takes.",
  SourceUnavailable: "The registry or the server does not answer as it should; Ebb tries again.",
  ModuleEmpty: "The module has no bytes.",
  ModuleTruncated: "The module ends in the middle.",
  ModuleNotWasm: "The bytes are something else than WebAssembly, such as an image.",
  ModuleInvalid: "The bytes are not what spec.module.abi says, or not valid WebAssembly.",
  ModuleIsComponent: "The module is a WebAssembly component, and spec.module.abi asks for a core module.",
  ModuleNotComponent: "The module is a core module, and spec.module.abi asks for a WebAssembly component.",
  UnsupportedImport: "The module imports something that the edge does not offer; the message names it.",
  ModuleNotCommand: "The module does not export _start and memory: it is a library, no command.",
  ModuleNotHandler:
    "The component does not export the handler of wasi:http 0.2; the message names what it exports.",
  ModuleNotAdapted: "The component could not be transpiled for the edge; the message says why.",
} as const;

/** Reasons of Published. */
export const publishedReasons = {
  Published: "The newest version is on every ready host of the edge.",
  NotPublished: "The function is off the edge.",
  PoolStarting: "No pod of the pool is ready yet.",
  Publishing: "The module is on its way to the pods of the pool.",
  NamespaceTerminating: "The namespace is being deleted, so nothing is made in it any more.",
  ModuleLoadFailed: "The edge could not load the module; the message says why.",
  FunctionStalled:
    "The module has stalled the pool's process, or used up its memory, twice: it is not run any more.",
  NameTaken: "An object of the name that Ebb needs is there and is not Ebb's.",
  RateLimited: "The edge takes no more calls of the account for now; Ebb goes on when it may.",
  EdgeApiUnavailable: "The edge's API does not answer as it should; Ebb tries again.",
  EdgeRefused: "The edge's API refuses the function; the message has its own words.",
  EdgeTargetChanged: "The function is published to another edge than its target now names.",
  CredentialsNotFound: "The Secret with the target's token, or its key, is not there.",
  CredentialsForbidden: "Ebb may not read the Secret with the target's token.",
  CredentialsRejected: "The edge does not take the target's token.",
  ModuleTooLarge: "The module has more bytes than the edge takes.",
  EnvNotFound: "A Secret, a ConfigMap or a key that spec.env refers to is not there.",
  EnvForbidden: "Ebb may not read a Secret that spec.env refers to.",
  EnvInvalid: "What spec.env refers to is no text, or too long.",
} as const;

/** Reasons of TrafficShifted. */
export const trafficReasons = {
  AtEdge: "All requests go to the edge.",
  AtCluster: "All requests go to the Deployment.",
  Attaching: "The function's way through the gateway is being made.",
  GatewayNotReady: "No pod of the gateway is ready yet.",
  GatewayLeaving: "A former gateway is being removed; a new one is made after it.",
  GatewayFull: "The gateways of the namespace hold as many functions as they can.",
  PortTaken: "Another function has the same port on the gateway.",
  OriginLeaving: "The former Service for the way to the Deployment is being removed.",
  OriginWithoutAddress: "The Service for the way to the Deployment has no cluster IP yet.",
  JoiningService: "The pods of the gateway are joining the endpoints of the Service.",
  PodNotInSlices: "A pod of the gateway is not among the endpoints of every Service yet.",
  SlicesChanging: "The endpoints of the Service are changing.",
  Refreshing: "The pods of the gateway are waiting for their mounted configuration.",
  Confirming: "The pods of the gateway are loading their configuration.",
  GatewayBehind: "A pod of the gateway does not confirm its configuration; the message names its node.",
  GatewayRejected: "Envoy refuses its configuration; the message says why.",
  NotAttached: "The gateway does not have the function any more; it is attached again.",
  LeavingService: "The pods of the gateway are leaving the endpoints of the Service.",
  ClosingListener: "The function's port on the gateway is being closed once its requests have ended.",
  Detaching: "The function's way through the gateway is being removed.",
  Tidying: "What the gateway does not use any more is about to go.",
  NameTaken: "An object of the name that Ebb needs is there and is not Ebb's.",
} as const;

/** Reasons of Offloaded. */
export const offloadedReasons = {
  ScaledToZero: "The edge serves everything and the Deployment is at zero.",
  SavingScale: "The replica count is being recorded in two places.",
  Draining: "The requests that the Deployment still has are given time to end.",
  ScalingDown: "The Deployment is about to be scaled to zero.",
  PodsTerminating: "The Deployment is being scaled to zero and some of its pods are left.",
  ScaledUpByOther: "Something else scaled the Deployment up while it is away; Ebb scales it down once.",
  Contended: "Something else keeps scaling the Deployment up, so it stays up.",
  ScalingUp:
    "The Deployment has its replicas back and its pods are not ready yet; the edge serves until they are.",
  InCluster: "The Deployment serves.",
} as const;

/** Reasons of EdgeHealthy. */
export const edgeReasons = {
  EdgeServes: "The edge can serve the published module.",
  NotPublished: "Nothing is published, so there is nothing to watch.",
  PoolStarting: "No pod of the pool is ready.",
  Publishing: "A ready pod of the pool does not have the module.",
  ModuleLoadFailed: "A pod of the pool could not load the module; the message says why.",
  FunctionStalled:
    "The module has stalled the pool's process, or used up its memory, twice: it is not run any more.",
  RateLimited: "The edge takes no more calls of the account for now, so that Ebb does not know how it is.",
  EdgeApiUnavailable: "The edge's API does not answer as it should, so that Ebb does not know how it is.",
  EdgeRefused: "The edge's API refuses to tell; the message has its own words.",
  EdgeTargetChanged: "The function is published to another edge than its target now names.",
  CredentialsNotFound: "The Secret with the target's token, or its key, is not there.",
  CredentialsForbidden: "Ebb may not read the Secret with the target's token.",
  CredentialsRejected: "The edge does not take the target's token.",
} as const;

/** Reasons of Contended. */
export const contendedReasons = {
  ScaledByOthers:
    "Something else scaled the Deployment up again after Ebb had corrected it; the message names it.",
} as const;

/** Reasons of Ready of an EdgeTarget or ClusterEdgeTarget, beside those that its functions have too. */
export const targetReasons = {
  Available: "Functions can be published to the target.",
  SubdomainMismatch: "The account's name below workers.dev is another than the spec says.",
} as const;

/** Reasons of Events that are no change of a condition. */
export const eventReasons = {
  SavedScaleDiffers: "The two copies of the saved scale differed; the one with more replicas is kept.",
  FunctionLeftBehind:
    "The namespace is being deleted, and Ebb had no way to the edge to remove the function from it.",
  ModuleTrapped: "The module failed to answer a request; the Event has what it wrote to standard error.",
} as const;

export type GeneralReason = keyof typeof generalReasons;
export type EligibleReason = keyof typeof eligibleReasons;
export type ModuleReason = keyof typeof moduleReasons;
export type PublishedReason = keyof typeof publishedReasons;
export type TrafficReason = keyof typeof trafficReasons;
export type OffloadedReason = keyof typeof offloadedReasons;
export type EdgeReason = keyof typeof edgeReasons;
export type ContendedReason = keyof typeof contendedReasons;
