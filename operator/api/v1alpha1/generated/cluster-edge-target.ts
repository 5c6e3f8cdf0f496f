/** Made from crds/ by `npm run generate`; do not edit. */

/**
 * What kind of edge it is, and how it is set up. Exactly one kind must be chosen: workerd, cloudflare or denoDeploy.
 */
export interface ClusterEdgeTargetSpec {
  readonly workerd?: ClusterEdgeTargetSpecWorkerd;
  readonly cloudflare?: ClusterEdgeTargetSpecCloudflare;
  readonly denoDeploy?: ClusterEdgeTargetSpecDenoDeploy;
}
/**
 * A pool of workerd pods that Ebb runs in each namespace that has functions for this target. It needs no account anywhere.
 */
export interface ClusterEdgeTargetSpecWorkerd {
  /**
   * Pods of the pool in each namespace. The default is 2. With one, requests fail while that pod is replaced.
   */
  readonly replicas: number;
  readonly resources: ClusterEdgeTargetSpecWorkerdResources;
  /**
   * RuntimeClass of the pool pods, such as gvisor, for one more wall around code that you do not trust. When it is not set, the cluster's default is used.
   */
  readonly runtimeClassName?: string;
}
/**
 * Requests and limits of each pool pod, as in a Pod. Every function of the namespace is in the memory of every pool pod, at about 2 MB each. The default is requests of 100m cpu and 128Mi memory and a limit of 512Mi memory.
 */
export interface ClusterEdgeTargetSpecWorkerdResources {
  /**
   * What the scheduler sets aside for the pod, such as {cpu: 100m, memory: 128Mi}.
   */
  readonly requests?: {
    readonly [k: string]: number | string;
  };
  /**
   * What the pod may use at most, such as {memory: 512Mi}.
   */
  readonly limits?: {
    readonly [k: string]: number | string;
  };
}
/**
 * Cloudflare Workers: every function becomes a Worker of the account, public at its own name below workers.dev, and the gateway sends its requests there over TLS.
 */
export interface ClusterEdgeTargetSpecCloudflare {
  /**
   * Identifier of the account, 32 hexadecimal digits, as the dashboard shows it.
   */
  readonly accountID: string;
  readonly apiTokenSecretRef: ClusterEdgeTargetSpecCloudflareApiTokenSecretRef;
  readonly workersDev: ClusterEdgeTargetSpecCloudflareWorkersDev;
}
/**
 * The API token, with the permission Workers Scripts Edit for the account. The Secret is in the operator's own namespace. A token that is replaced there is used within half a minute.
 */
export interface ClusterEdgeTargetSpecCloudflareApiTokenSecretRef {
  /**
   * Name of the Secret.
   */
  readonly name: string;
  /**
   * Key of the Secret under which the token is. The default is token.
   */
  readonly key: string;
}
/**
 * How functions are reached.
 */
export interface ClusterEdgeTargetSpecCloudflareWorkersDev {
  /**
   * The account's own name below workers.dev, such as acme of acme.workers.dev. A function is reached at a name of its own below it.
   */
  readonly subdomain: string;
}
/**
 * Deno Deploy: every function becomes an app of the organization, public at its own name below deno.net, and the gateway sends its requests there over TLS.
 */
export interface ClusterEdgeTargetSpecDenoDeploy {
  /**
   * The organization's own name below deno.net, such as acme of acme.deno.net. A function is reached at a name of its own below it.
   */
  readonly organization: string;
  readonly tokenSecretRef: ClusterEdgeTargetSpecDenoDeployTokenSecretRef;
}
/**
 * An access token of the organization, which begins with ddo_. The Secret is in the operator's own namespace. A token that is replaced there is used within half a minute.
 */
export interface ClusterEdgeTargetSpecDenoDeployTokenSecretRef {
  /**
   * Name of the Secret.
   */
  readonly name: string;
  /**
   * Key of the Secret under which the token is. The default is token.
   */
  readonly key: string;
}

/**
 * What Ebb has seen of the target. It is written by the operator only.
 */
export interface ClusterEdgeTargetStatus {
  /**
   * Generation of the spec that this status speaks of, as in metadata.generation.
   */
  readonly observedGeneration?: number;
  /**
   * EdgeFunctions that use this target.
   */
  readonly functions?: number;
  /**
   * Ready is True when functions can be published to this target.
   */
  readonly conditions?: readonly ClusterEdgeTargetStatusCondition[];
}
/**
 * One aspect of the target's state.
 */
export interface ClusterEdgeTargetStatusCondition {
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
