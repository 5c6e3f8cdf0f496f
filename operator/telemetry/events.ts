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
}

export interface EventRecorder {
  /** Best effort: a failure is logged and never stops a reconcile. Equal notes within ten minutes are sent once. */
  record(regarding: Regarding, note: EventNote): Promise<void>;
}

/** Sends the body of an events.k8s.io/v1 Event. */
export type EventSink = (
  event: Record<string, unknown> & { metadata: { name: string; namespace: string } },
) => Promise<unknown>;

const quietMs = 600_000;
const maxNote = 1024;

export function createEventRecorder(deps: {
  readonly sink: EventSink;
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
        .update(`${regarding.uid} ${note.reason} ${note.note}`)
        .digest("hex")
        .slice(0, 12);
      for (const [key, time] of sent) if (now - time > quietMs) sent.delete(key);
      if (sent.has(id)) return;
      sent.set(id, now);
      try {
        await deps.sink({
          metadata: { name: `${regarding.name}.${id}.${now.toString(36)}`, namespace: regarding.namespace },
          eventTime: new Date(now).toISOString().replace("Z", "000Z"),
          reportingController: "ebb.dev/operator",
          reportingInstance: deps.instance,
          action: note.reason,
          reason: note.reason,
          note: note.note.slice(0, maxNote),
          type: note.type,
          regarding,
        });
      } catch (error) {
        deps.log.warn(
          { err: error, object: `${regarding.namespace}/${regarding.name}`, reason: note.reason },
          "event not sent",
        );
      }
    },
  };
}
