/** The API server as a row sees it: the operator's own client, and objects that are followed by a watch. */
import { KubeConfig } from "@kubernetes/client-node";
import { systemClock } from "../../operator/api/system-clock.ts";
import { ApiCaller } from "../../operator/kube/api-caller.ts";
import { isNotFound } from "../../operator/kube/api-error.ts";
import { Connection } from "../../operator/kube/connection.ts";
import { HttpKubeClient } from "../../operator/kube/http-client.ts";
import { HttpListWatch } from "../../operator/kube/http-list-watch.ts";
import type { Scope } from "../../operator/kube/list-watch.ts";
import type { ObjectEvent } from "../../operator/kube/object-cache.ts";
import { pods } from "../../operator/kube/objects.ts";
import { Reflector } from "../../operator/kube/reflector.ts";
import type { KubeObject, Ref, Resource } from "../../operator/kube/resource.ts";
import { objectPath } from "../../operator/kube/resource-path.ts";
import type { Store } from "../../operator/kube/store.ts";
import { createLog } from "../../operator/telemetry/log.ts";

/** Objects of one kind as they are now. */
export interface Followed<T extends KubeObject> extends Store<T> {
  /** Returns when `holds` does; looks at every change. Errors: after the given seconds. */
  until(what: string, holds: () => boolean, seconds: number): Promise<void>;
}

export class Api {
  readonly client: HttpKubeClient;
  readonly #caller: ApiCaller;
  readonly #connection: Connection;
  readonly #listWatch: HttpListWatch;
  readonly #over = new AbortController();
  readonly #running: Promise<void>[] = [];

  /** A path of a kubeconfig. */
  constructor(kubeconfig: string) {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kubeconfig);
    this.#connection = new Connection({ kubeConfig, clock: systemClock, userAgent: "ebb-bench" });
    this.#caller = new ApiCaller({ connection: this.#connection, clock: systemClock });
    this.client = new HttpKubeClient({ caller: this.#caller });
    this.#listWatch = new HttpListWatch({ caller: this.#caller, connection: this.#connection });
  }

  /** Returns when the objects that are there are known. `onEvent` is told of them and of every change. */
  async follow<T extends KubeObject>(
    resource: Resource<T>,
    scope: Scope,
    onEvent: (event: ObjectEvent<T>) => void = () => {},
  ): Promise<Followed<T>> {
    const looks = new Set<() => void>();
    const reflector = new Reflector({
      resource,
      scope,
      listWatch: this.#listWatch,
      clock: systemClock,
      log: createLog("silent"),
      onEvent: (event) => {
        onEvent(event);
        for (const look of looks) look();
      },
    });
    this.#running.push(reflector.run(this.#over.signal));
    await reflector.synced;
    const { store } = reflector;
    return {
      get: (namespace, name) => store.get(namespace, name),
      list: (namespace) => store.list(namespace),
      until: (what, holds, seconds) => untilHolds(looks, what, holds, seconds),
    };
  }

  /** Ends a pod's object as the kubelet does when its processes are gone; one that is gone is no error. */
  async removeAtOnce(ref: Ref): Promise<void> {
    const value = { apiVersion: "v1", kind: "DeleteOptions", gracePeriodSeconds: 0 };
    const body = { type: "application/json", value };
    const call = { method: "DELETE", path: objectPath(pods, ref), body, resource: pods } as const;
    try {
      await this.#caller.json(call, { timeoutMs: 30_000, fences: [] });
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }

  async close(): Promise<void> {
    this.#over.abort();
    await Promise.all(this.#running);
    await this.#connection.close();
  }
}

function untilHolds(
  looks: Set<() => void>,
  what: string,
  holds: () => boolean,
  seconds: number,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      looks.delete(look);
    };
    const look = (): void => {
      if (!holds()) return;
      end();
      resolve();
    };
    const timer = setTimeout(() => {
      end();
      reject(new Error(`after ${seconds} s not yet: ${what}`));
    }, seconds * 1000);
    looks.add(look);
    look();
  });
}
