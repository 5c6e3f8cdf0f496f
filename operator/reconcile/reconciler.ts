/** One pass over one EdgeFunction: read the world, do the first thing that is missing, write status once. */
import { randomUUID } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { EdgeFunctionStatus } from "../api/v1alpha1/generated/edge-function.ts";
import { apiVersion, functionKey } from "../api/v1alpha1/names.ts";
import { isConflict } from "../kube/api-error.ts";
import { type EdgeFunction, edgeFunctions } from "../kube/edge-objects.ts";
import type { Provider } from "../provider/provider.ts";
import type { EventNote, EventRecorder } from "../telemetry/events.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { fact } from "../workload/assessment/finding.ts";
import { ownerBefore } from "./claim.ts";
import type { Context, ReconcileDeps } from "./context.ts";
import { Pause } from "./flow.ts";
import { findingNotes } from "./finding-notes.ts";
import { createPortAllocator } from "./port-allocator.ts";
import { isTerminating, release } from "./restore.ts";
import { ScalePace } from "./scale-pace.ts";
import { followEdge } from "./follow-edge.ts";
import { followSecrets } from "./follow-secrets.ts";
import { followTag } from "./follow-tag.ts";
import { StatusDraft } from "./status-draft.ts";
import { refuse } from "./steps/assess.ts";
import { moveToEdge, stayInCluster } from "./steps.ts";
import { type Next, summarize } from "./summarize.ts";
import { transitions } from "./transitions.ts";

export interface ReconcilerDeps extends ReconcileDeps {
  readonly events: EventRecorder;
  readonly providerOf: (fn: EdgeFunction) => Provider;
  readonly metrics: Pick<Metrics, "transitions">;
}

/** Runs a pass over the EdgeFunction of that namespace and name; tells when the next one is due. */
export type Reconcile = (namespace: string, name: string) => Promise<Next>;

/** Errors: what the API server or an edge did not take when even the status could not be written. */
export function createReconciler(deps: ReconcilerDeps): Reconcile {
  const ports = createPortAllocator();
  const pace = new ScalePace(deps.clock);
  return async (namespace, name) => {
    const fn = deps.stores.edgeFunctions.get(namespace, name);
    if (fn === undefined) return { kind: "Gone" };
    const ctx = createContext(deps, fn);
    let ended: unknown;
    try {
      if (fn.metadata.deletionTimestamp !== undefined) await release(ctx);
      else if (isTerminating(ctx)) return { kind: "Rest" };
      else if (fn.spec.suspend) stayAsIs(ctx);
      else await move(ctx);
    } catch (error) {
      ended = error;
    }
    const told = followEdge(fn, followSecrets(fn, summarize(fn, ctx.status, ended)));
    const next = followTag(fn, told, deps.modules.nextLook(ctx.identity.uid, fn.spec.module));
    if (next.kind === "Backoff") ctx.log.warn({ err: next.error }, "pass failed");
    return next.kind === "Reread" ? next : await writeStatus(deps, ctx, next);
  };

  async function move(ctx: Context): Promise<void> {
    refuseTaken(ctx);
    await (ctx.fn.spec.placement === "Edge" ? moveToEdge(ctx, ports, pace) : stayInCluster(ctx));
  }
}

/** A function whose workload another one has writes nothing. */
function refuseTaken(ctx: Context): void {
  const owner = ownerBefore(ctx.fn, ctx.stores.edgeFunctions.list(ctx.identity.namespace));
  if (owner === undefined) return;
  const found = `EdgeFunction "${owner.metadata.name}" has the same Deployment or Service already.`;
  refuse(ctx, [fact("WorkloadTaken", ".spec.workloadRef.name", found)]);
}

function createContext(deps: ReconcilerDeps, read: EdgeFunction): Context {
  let fn = read;
  const { name, namespace = "", uid = "", generation = 0 } = fn.metadata;
  const log = deps.log.child({ reconcile: randomUUID().slice(0, 8), object: `${namespace}/${name}` });
  const { client, stores, modules, adapted, env, traffic, surroundings, clock } = deps;
  const started = clock.now();
  let lastStep: string | undefined;
  return {
    client,
    stores,
    modules,
    adapted,
    env,
    provider: deps.providerOf(read),
    traffic,
    surroundings,
    clock,
    log,
    get fn() {
      return fn;
    },
    wrote(answer) {
      fn = answer;
      stores.edgeFunctions.observe(answer);
    },
    identity: { key: functionKey(uid), namespace, name, uid },
    status: new StatusDraft(fn.status, generation, new Date(clock.now()).toISOString()),
    async step(step, run) {
      lastStep = step;
      const start = clock.now();
      try {
        return await run();
      } finally {
        log.debug({ step, ms: clock.now() - start }, "step");
      }
    },
    lastStep: () => lastStep,
    elapsed: () => clock.now() - started,
    tell: (note) => tell(deps, fn, note),
  };
}

/** Suspended: what serves goes on serving; only a placement that is not reached is told. */
function stayAsIs(ctx: Context): void {
  const { placement } = ctx.fn.spec;
  const isReached =
    placement === "Edge" ? ctx.status.isTrue("Offloaded") : ctx.status.fields.gateway === undefined;
  if (!isReached)
    throw new Pause(
      "Suspended",
      `spec.suspend is true: the move to spec.placement: ${placement} starts when it is false.`,
    );
}

/** A deleted object without a finalizer is gone: there is nothing to write to. */
async function writeStatus(deps: ReconcilerDeps, ctx: Context, next: Next): Promise<Next> {
  const { fn, log } = ctx;
  const status = ctx.status.build();
  const isGone = fn.metadata.deletionTimestamp !== undefined && next.kind === "Rest";
  if (isGone || isDeepStrictEqual(status, fn.status)) return next;
  try {
    const patched = await deps.client.patch(
      edgeFunctions,
      ctx.identity,
      [
        { op: "replace", path: "/metadata/resourceVersion", value: fn.metadata.resourceVersion },
        { op: "add", path: "/status", value: status },
      ],
      "status",
    );
    deps.stores.edgeFunctions.observe(patched);
  } catch (error) {
    if (isConflict(error)) return { kind: "Reread", error };
    throw error;
  }
  const ready = ctx.status.condition("Ready");
  log.info(
    { step: ctx.lastStep(), phase: status.phase, reason: ready?.reason, ms: ctx.elapsed() },
    ready?.message,
  );
  await tellAll(deps, fn, status);
  return next;
}

/** As Events, and of the conditions as metrics too. */
async function tellAll(deps: ReconcilerDeps, fn: EdgeFunction, status: EdgeFunctionStatus): Promise<void> {
  const changes = transitions(fn.status, status);
  for (const { condition, note } of changes) {
    const { type, status: value, reason } = condition;
    deps.metrics.transitions.inc({ type, status: value, reason });
    await tell(deps, fn, note);
  }
  const told = new Set(changes.map(({ note }) => note.reason));
  for (const note of findingNotes(fn.status, status, told)) await tell(deps, fn, note);
}

async function tell(deps: ReconcilerDeps, fn: EdgeFunction, note: EventNote): Promise<void> {
  const { name, namespace = "", uid = "" } = fn.metadata;
  await deps.events.record({ apiVersion, kind: "EdgeFunction", namespace, name, uid }, note);
}
