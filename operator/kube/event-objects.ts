/** Events, by both names that Kubernetes has for them, as they are on the wire. */
import type { KubeObject, Resource } from "./resource.ts";

export interface Event extends KubeObject {
  readonly eventTime?: string | null;
  readonly reportingController?: string;
  readonly reportingInstance?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly note?: string;
  readonly type?: string;
  readonly regarding?: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly namespace?: string;
    readonly name: string;
    readonly uid: string;
  };
  readonly related?: Event["regarding"];
}

/** What the core API calls the fields of an Event. */
export interface CoreEvent extends KubeObject {
  readonly reason?: string;
  readonly message?: string;
  readonly type?: string;
  readonly involvedObject?: Event["regarding"];
}

export const events: Resource<Event> = {
  group: "events.k8s.io",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
};
/** The same objects as events, as they were called before. */
export const coreEvents: Resource<CoreEvent> = {
  group: "",
  version: "v1",
  plural: "events",
  kind: "Event",
  namespaced: true,
};
