/** What a function's spec asks for, and what its source gives. */
import type {
  EdgeFunctionSpecModule,
  EdgeFunctionStatusModule,
} from "../api/v1alpha1/generated/edge-function.ts";
import type { InspectedModule, RequestedAbi } from "./inspect.ts";

export interface ModuleRequest {
  readonly namespace: string;
  /** Of the EdgeFunction. */
  readonly uid: string;
  readonly spec: EdgeFunctionSpecModule;
  /** status.module: what was found before. */
  readonly known: EdgeFunctionStatusModule | undefined;
  /** Newest resourceVersion of a ConfigMap that a watch knows. */
  readonly configMapVersion: (name: string) => string | undefined;
  /** Of the workload's pods. */
  readonly imagePullSecrets: readonly string[];
  readonly serviceAccount: string;
}

export interface FoundModule {
  /** As status.module has it. */
  readonly module: EdgeFunctionStatusModule;
  /** Asked for only when an edge lacks them. Errors: as resolving. */
  readonly bytes: () => Promise<Uint8Array>;
  /** Why it may not be the newest, in a sentence. */
  readonly trouble?: string | undefined;
}

/** What status tells of a module. */
export function statusOf({ abi, digest, size }: InspectedModule): EdgeFunctionStatusModule {
  return { abi, digest, size };
}

/** Whether a module that is known already is called as the spec asks. */
export function suits({ abi }: EdgeFunctionStatusModule, requested: RequestedAbi): boolean {
  return requested === "Auto" ? abi !== "Worker" : abi === requested;
}
