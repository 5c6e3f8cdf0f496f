/** Law 6: nothing is written for a function before its finalizer is there, nor after it is gone. */
import { finalizer } from "../../../operator/api/v1alpha1/names.ts";
import { isOperator } from "../operator-process.ts";
import type { Law } from "./law-watch.ts";
import type { View } from "./view.ts";

const told = new Set(["EdgeFunction", "Event"]);

export function finalizerFirst(view: View): Law {
  return ({ object, actor }) => {
    if (!isOperator(actor.token) || object.metadata.namespace !== view.namespace || told.has(object.kind))
      return undefined;
    if (view.edgeFunction()?.metadata.finalizers?.includes(finalizer) === true) return undefined;
    return `${object.kind} ${object.metadata.name} was written without the finalizer`;
  };
}
