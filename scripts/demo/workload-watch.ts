/** Follows a Deployment and its EdgeFunction, to show them as they change. */
import type { Deployment } from "../../operator/kube/objects.ts";
import { workloadName } from "../../test/e2e/harness/auth-workload.ts";
import { eventually } from "../../test/e2e/harness/eventually.ts";
import type { Kubectl } from "../../test/e2e/harness/kubectl.ts";
import type { SeenFunction } from "../../test/e2e/harness/scenario.ts";

interface FunctionState {
  readonly phase: string;
  /** Reason and message of the condition Ready: what is reached, or what is awaited. */
  readonly reason: string;
  readonly message: string;
}

/** Called with each new phase, and with each new reason within a phase. */
export type Changed = (state: FunctionState, isNewPhase: boolean) => void;

export class WorkloadWatch {
  /** Undefined while there is no EdgeFunction. */
  function: SeenFunction | undefined;
  deployment: Deployment | undefined;
  readonly #signal: AbortSignal;
  #failure: Error | undefined;

  /** Follows until signal aborts. */
  constructor(kubectl: Kubectl, namespace: string, changed: Changed, signal: AbortSignal) {
    this.#signal = signal;
    const fail = (error: Error): void => {
      this.#failure = error;
    };
    this.#followFunction(kubectl, namespace, changed, signal).catch(fail);
    this.#followDeployment(kubectl, namespace, signal).catch(fail);
  }

  /** Returns when `lack` finds nothing missing in what was seen last; throws when the signal aborts. */
  async until(what: string, lack: () => string | undefined, diagnose: () => Promise<string>): Promise<void> {
    const missing = (): Promise<string | undefined> => {
      this.#signal.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure;
      return Promise.resolve(lack());
    };
    await eventually(what, missing, { seconds: 180, interval: 50, diagnose });
  }

  async #followFunction(
    kubectl: Kubectl,
    namespace: string,
    changed: Changed,
    signal: AbortSignal,
  ): Promise<void> {
    const path = `/apis/ebb.dev/v1alpha1/namespaces/${namespace}/edgefunctions`;
    for await (const { type, object } of kubectl.watch<SeenFunction>(path, signal)) {
      if (object.metadata.name !== workloadName) continue;
      const former = stateOf(this.function);
      this.function = type === "DELETED" ? undefined : object;
      const state = stateOf(this.function);
      if (state === undefined || (state.phase === former?.phase && state.reason === former.reason)) continue;
      changed(state, state.phase !== former?.phase);
    }
  }

  async #followDeployment(kubectl: Kubectl, namespace: string, signal: AbortSignal): Promise<void> {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    for await (const { object } of kubectl.watch<Deployment>(path, signal)) {
      if (object.metadata.name === workloadName) this.deployment = object;
    }
  }
}

function stateOf(fn: SeenFunction | undefined): FunctionState | undefined {
  const phase = fn?.status?.phase;
  if (phase === undefined) return undefined;
  const ready = fn?.status?.conditions?.find(({ type }) => type === "Ready");
  return { phase, reason: ready?.reason ?? "", message: ready?.message ?? "" };
}
