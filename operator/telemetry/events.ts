/** Kubernetes Events of the things that Ebb does to a person's objects. */
import { createHash } from "node:crypto";
import type { Clock } from "../api/clock.ts";
import type { Logger } from "./log.ts";

/** The object an Event is about. */
interface Regarding {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventNote {
  readonly type: "Normal" | "Warning";
  /** CamelCase; equal to the reason of the condition that changed, where there is one. */
  readonly reason: string;
  /** One sentence; at most 1 KiB is kept. Holds no secret. */
  readonly note: string;
  /** More of it, of any length, which may be somebody else's text. */
  readonly detail?: string;
}

export interface EventRecorder {
  /** Best effort: a failure is logged and never stops a reconcile. Equal notes within ten minutes are sent once. */
  record(regarding: Regarding, note: EventNote): Promise<void>;
}

/** Sends the body of an Event: of events.k8s.io/v1, or of the core API when there is a detail. */
export type EventSink = (
  event: Record<string, unknown> & { metadata: { name: string; namespace: string } },
) => Promise<unknown>;

const quietMs = 600_000;
const maxNote = 1024;
const controller = "ebb.dev/operator";

export function createEventRecorder(deps: {
  readonly sink: EventSink;
  /** For Events of the core API: those of events.k8s.io are limited to 1 KiB. */
  readonly coreSink: EventSink;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this process, such as the pod's. */
  readonly instance: string;
}): EventRecorder {
  const sent = new Map<string, number>();
  return {
    async record(regarding, note) {
      const now = deps.clock.now();
      const id = createHash("sha256")
        .update(`${regarding.uid} ${note.reason} ${note.note} ${note.detail ?? ""}`)
        .digest("hex")
        .slice(0, 12);
      // The oldest come first.
      for (const [key, time] of sent) {
        if (now - time <= quietMs) break;
        sent.delete(key);
      }
      if (sent.has(id)) return;
      sent.set(id, now);
      try {
        const metadata = {
          name: `${regarding.name}.${id}.${now.toString(36)}`,
          namespace: regarding.namespace,
        };
        if (note.detail === undefined)
          await deps.sink({ metadata, ...newEvent(note, regarding, now, deps.instance) });
        else
          await deps.coreSink({ metadata, ...coreEvent(note, note.detail, regarding, now, deps.instance) });
      } catch (error) {
        deps.log.warn(
          { err: error, object: `${regarding.namespace}/${regarding.name}`, reason: note.reason },
          "event not sent",
        );
      }
    },
  };
}

function newEvent(note: EventNote, regarding: Regarding, now: number, instance: string) {
  return {
    eventTime: new Date(now).toISOString().replace("Z", "000Z"),
    reportingController: controller,
    reportingInstance: instance,
    action: note.reason,
    reason: note.reason,
    note: note.note.slice(0, maxNote),
    type: note.type,
    regarding,
  };
}

/** With an eventTime the API server would hold its message to the limit of the others. */
function coreEvent(note: EventNote, detail: string, regarding: Regarding, now: number, instance: string) {
  const time = new Date(now).toISOString().replace(/\.\d+Z$/, "Z");
  return {
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
    source: { component: controller },
    reportingComponent: controller,
    reportingInstance: instance,
    reason: note.reason,
    message: `${note.note}\n${detail}`,
    type: note.type,
    involvedObject: regarding,
  };
}
