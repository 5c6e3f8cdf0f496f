/** Ways in which one write of an operator goes wrong. */
import type { ApiRequest } from "../kit/fake-apiserver/api-request.ts";
import { answerWith, type Fault } from "../kit/fake-apiserver/fault.ts";

export interface FaultMode {
  readonly title: string;
  readonly fault: (request: ApiRequest) => Fault;
  /** The operator ends with it, and is started again. */
  readonly kills: boolean;
}

export const faultModes = {
  stopBefore: { title: "stopped before", fault: () => ({ kind: "drop", commit: false }), kills: true },
  stopAfter: { title: "stopped after", fault: () => ({ kind: "drop", commit: true }), kills: true },
  conflict: { title: "answered 409", fault: () => answerWith(409, "Conflict"), kills: false },
  failure: { title: "answered 500", fault: () => answerWith(500, "InternalError"), kills: false },
  timeout: { title: "never answered", fault: () => ({ kind: "hang", commit: false }), kills: false },
  timeoutAfter: {
    title: "never answered though done",
    fault: () => ({ kind: "hang", commit: true }),
    kills: false,
  },
} as const satisfies Readonly<Record<string, FaultMode>>;
