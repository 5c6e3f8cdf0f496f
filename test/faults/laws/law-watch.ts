/** Holds every committed write against the laws of the design. */
import type { KubeObject } from "../../../operator/kube/resource.ts";
import type { Change } from "../../kit/fake-apiserver/storage.ts";
import type { LogLine } from "../operator-process.ts";
import { copiesKept } from "./copies-kept.ts";
import { finalizerFirst } from "./finalizer-first.ts";
import { healthTold } from "./health-told.ts";
import { onlyOurs } from "./only-ours.ts";
import { oneEffect } from "./one-effect.ts";
import { secretsKept } from "./secrets-kept.ts";
import { alwaysServed, readyEndpoints } from "./always-served.ts";
import { isEbbs, View, type ViewOptions } from "./view.ts";

/** What a write broke, in words; undefined when it broke nothing. */
export type Law = (change: Change) => string | undefined;

/** A law that also reads the operator's log. */
export interface LoggedLaw {
  readonly law: Law;
  onLog(line: LogLine): string | undefined;
}

export interface LawWatch {
  /** Every breach so far, with the write after which it was seen. */
  readonly breaches: readonly string[];
  /** From here on the laws are held: the workload is ready. */
  begin(): void;
  /** The workload's owner asks for another number of replicas. */
  expectReplicas(replicas: number): void;
  /** Ready endpoints of the workload's Service. */
  readyEndpoints(): number;
  /** Objects of the namespace that carry Ebb's mark. */
  ebbObjects(): KubeObject[];
  onLog(line: LogLine): void;
}

export function watchLaws(options: ViewOptions): LawWatch {
  const view = new View(options);
  const breaches: string[] = [];
  const effects = oneEffect(view);
  const secrets = secretsKept();
  const laws: Readonly<Record<string, Law>> = {
    "1 always served": alwaysServed(view),
    "2, 3 saved twice, unchanged, confirmed": copiesKept(view),
    "4 one effect a pass": effects.law,
    "5 only ours": onlyOurs(view),
    "6 finalizer first": finalizerFirst(view),
    "8 secrets": secrets.law,
    kstatus: healthTold(view),
  };
  const ebbs = new Map<string, KubeObject>();
  let isHeld = false;
  options.server.onChange((change) => {
    note(ebbs, options.namespace, change);
    if (!isHeld) return;
    for (const [name, law] of Object.entries(laws)) {
      const breach = law(change);
      if (breach !== undefined) breaches.push(`law ${name}: ${breach}, after ${describe(change)}`);
    }
  });
  return {
    breaches,
    begin: () => {
      isHeld = true;
    },
    expectReplicas: (replicas) => {
      view.replicas = replicas;
    },
    readyEndpoints: () => readyEndpoints(view).length,
    ebbObjects: () => [...ebbs.values()],
    onLog: (line) => {
      const breach = effects.onLog(line);
      if (breach !== undefined && isHeld) breaches.push(`law 4 one effect a pass: ${breach}`);
      const told = secrets.onLog(line);
      if (told !== undefined) breaches.push(`law 8 secrets: ${told}`);
    },
  };
}

function note(ebbs: Map<string, KubeObject>, namespace: string, { type, object }: Change): void {
  if (object.metadata.namespace !== namespace) return;
  const key = `${object.kind}/${object.metadata.name}`;
  if (type === "DELETED") ebbs.delete(key);
  else if (isEbbs(object)) ebbs.set(key, object);
}

function describe({ type, object, actor, revision }: Change): string {
  return `${type} ${object.kind} ${object.metadata.name} by ${actor.token ?? actor.manager} at ${revision}`;
}
