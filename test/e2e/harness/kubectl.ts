/** kubectl as a client: raw JSON in and out, the same program and rights that a person has. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { KubeObject } from "../../../operator/kube/resource.ts";
import { run } from "../../cluster/run.ts";

/** How to reach a cluster. */
export interface ClusterAccess {
  /** Path of the kubectl program. */
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly context: string;
}

/** An object to apply; what is in it beside its name is Kubernetes' business. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

export interface WatchEvent<T extends KubeObject> {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly object: T;
}

export class Kubectl {
  readonly #command: string;
  readonly #flags: readonly string[];

  constructor({ kubectl, kubeconfig, context }: ClusterAccess) {
    this.#command = kubectl;
    this.#flags = ["--kubeconfig", kubeconfig, "--context", context];
  }

  /** Runs a command and gives its stdout; throws with its stderr when it fails. */
  run(args: readonly string[], input?: string): Promise<string> {
    return run(this.#command, [...this.#flags, ...args], input === undefined ? {} : { input });
  }

  /** Undefined when there is no such object. */
  async find<T extends KubeObject>(namespace: string, kind: string, name: string): Promise<T | undefined> {
    const found = await this.run(["get", kind, name, "-n", namespace, "--ignore-not-found", "-o", "json"]);
    return found === "" ? undefined : (JSON.parse(found) as T);
  }

  async get<T extends KubeObject>(namespace: string, kind: string, name: string): Promise<T> {
    const found = await this.find<T>(namespace, kind, name);
    if (found === undefined) throw new Error(`there is no ${kind} ${name} in namespace ${namespace}`);
    return found;
  }

  /** Objects of one kind, or of several separated by commas. */
  async list<T extends KubeObject>(namespace: string, kinds: string, selector = ""): Promise<T[]> {
    const found = await this.run(["get", kinds, "-n", namespace, "-l", selector, "-o", "json"]);
    return (JSON.parse(found) as { items: T[] }).items;
  }

  /** Applies as kubectl apply does for a person's files. */
  async apply(...objects: readonly Manifest[]): Promise<void> {
    await this.run(["apply", "-f", "-"], JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  }

  /** For what is larger than the annotation in which kubectl apply keeps a copy may be: 256 KiB. */
  async applyServerSide(object: Manifest): Promise<void> {
    await this.run(["apply", "--server-side", "--force-conflicts", "-f", "-"], JSON.stringify(object));
  }

  /** A raw GET of an API path. */
  raw(path: string): Promise<string> {
    return this.run(["get", "--raw", path]);
  }

  /**
   * Events of the objects at an API path, those that exist first, until signal aborts.
   * Errors: throws when the API server ends the stream.
   */
  async *watch<T extends KubeObject>(path: string, signal: AbortSignal): AsyncGenerator<WatchEvent<T>> {
    for await (const line of this.lines(["get", "--raw", `${path}?watch=true`], signal)) {
      yield JSON.parse(line) as WatchEvent<T>;
    }
    if (!signal.aborted) throw new Error(`the watch of ${path} ended`);
  }

  /** Lines of a command's stdout while it runs; ends quietly when signal aborts. Throws when the command fails. */
  async *lines(args: readonly string[], signal: AbortSignal): AsyncGenerator<string> {
    if (signal.aborted) return;
    const child = spawn(this.#command, [...this.#flags, ...args], { stdio: ["ignore", "pipe", "pipe"] });
    const exited = once(child, "close");
    const stop = (): boolean => child.kill();
    signal.addEventListener("abort", stop, { once: true });
    const errors: string[] = [];
    child.stderr.on("data", (data: Buffer) => errors.push(data.toString()));
    try {
      yield* createInterface({ input: child.stdout });
    } finally {
      signal.removeEventListener("abort", stop);
      child.kill();
    }
    const [code] = (await exited) as [number | null];
    if (code !== 0 && !signal.aborted) throw new Error(`kubectl ${args.join(" ")}: ${errors.join("")}`);
  }
}
