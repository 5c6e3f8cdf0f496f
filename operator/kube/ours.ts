/** Whether Ebb made an object: told by its managed-by label. */
import { labels, managedByEbb } from "../api/v1alpha1/names.ts";
import type { KubeObject } from "./resource.ts";

export function isOurs(object: KubeObject): boolean {
  return object.metadata.labels?.[labels.managedBy] === managedByEbb;
}
