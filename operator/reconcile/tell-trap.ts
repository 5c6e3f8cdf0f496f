/** Tells a function's owner how its module failed. */
import { apiVersion, functionKey } from "../api/v1alpha1/names.ts";
import type { EdgeFunction } from "../kube/edge-objects.ts";
import type { Store } from "../kube/store.ts";
import type { TellTrap } from "../provider/workerd/pool-loop.ts";
import type { EventRecorder } from "../telemetry/events.ts";

/** Bytes that a terminal would obey rather than show. */
// oxlint-disable-next-line no-control-regex -- they are what is looked for
const controls = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** One Event for each call; none for a function that is gone. */
export function trapTeller(functions: Store<EdgeFunction>, events: EventRecorder): TellTrap {
  return async (namespace, { key, version, pod, times, message, stderr }) => {
    const fn = functions.list(namespace).find(({ metadata }) => functionKey(metadata.uid ?? "") === key);
    if (fn === undefined) return;
    const { name, uid = "" } = fn.metadata;
    const told = stderr === "" ? "" : `\nIt wrote to standard error:\n${stderr}`;
    await events.record(
      { apiVersion, kind: "EdgeFunction", namespace, name, uid },
      {
        type: "Warning",
        reason: "ModuleTrapped",
        note: `Version ${version} failed to answer ${times === 1 ? "a request" : `${times} requests`} on pod ${pod}.`,
        detail: `${message}${told}`.replaceAll(controls, ""),
      },
    );
  };
}
