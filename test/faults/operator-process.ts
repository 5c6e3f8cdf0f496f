/** One process of the operator, which can be killed: from then on none of its requests reaches the API server. */
import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { pino } from "pino";
import type { Clock } from "../../operator/api/clock.ts";
import type { Config } from "../../operator/config.ts";
import { LeaseLost } from "../../operator/kube/leader-election.ts";
import { runOperator } from "../../operator/start.ts";
import type { FakeApiServer } from "../kit/fake-apiserver/fake-api-server.ts";
import { kubeConfigOf } from "../kit/fake-apiserver/kube-config.ts";
import type { BuiltModules } from "../kit/built-modules.ts";
import type { FakeCloudflare } from "../kit/fake-cloudflare/fake-cloudflare.ts";
import type { FakeDeno } from "../kit/fake-deno/fake-deno.ts";
import { moduleSettings } from "../kit/source-world.ts";

export interface OperatorOptions {
  readonly server: FakeApiServer;
  readonly clock: Clock;
  /** Name of the pod: a process that is started again has the same. */
  readonly identity: string;
  /** By which the API server tells this process from all others. */
  readonly token: string;
  readonly networkPolicies?: Config["networkPolicies"];
  readonly cloudflare?: { readonly fake: FakeCloudflare; readonly modules: BuiltModules } | undefined;
  readonly deno?: { readonly fake: FakeDeno; readonly modules: BuiltModules } | undefined;
  /** Gets every line of the log, parsed. */
  readonly onLog: (line: LogLine) => void;
  /** The process has ended because another may lead now. */
  readonly onLeaseLost: () => void;
}

export interface LogLine {
  readonly level: number;
  readonly msg?: string;
  readonly reconcile?: string;
  readonly object?: string;
  readonly step?: string;
}

export interface OperatorProcess {
  readonly token: string;
  /** Ends at once. Resolves when nothing of it is left. */
  kill(): Promise<void>;
  /** Ends in order: the lease is released. */
  stop(): Promise<void>;
}

const operatorNamespace = "ebb-system";

export function isOperator(token: string | undefined): boolean {
  return token?.startsWith("operator") === true;
}

export function startOperatorProcess(options: OperatorOptions): OperatorProcess {
  const { server, clock, identity, token, onLog, onLeaseLost } = options;
  const end = new AbortController();
  const disk = join(tmpdir(), `ebb-modules-${randomUUID()}`);
  const log = pino({ level: "debug" }, { write: (line) => onLog(JSON.parse(line) as LogLine) });
  const config = {
    namespace: operatorNamespace,
    identity,
    gatewayImage: "registry.example/gateway:1",
    edgeImage: "registry.example/edge:1",
    transpiler: fileURLToPath(new URL("../../operator/transpiler.ts", import.meta.url)),
    hostedModules: {
      cloudflare: options.cloudflare?.modules.folder ?? disk,
      deno: options.deno?.modules.folder ?? disk,
    },
    makeDefaultTarget: true,
    modules: moduleSettings(disk),
    logLevel: "debug",
    port: 0,
    ...(options.networkPolicies === undefined ? {} : { networkPolicies: options.networkPolicies }),
  } as const;
  const run = runOperator({
    config,
    kubeConfig: kubeConfigOf(server, token),
    clock,
    log,
    stop: end.signal,
    outside: (options.cloudflare ?? options.deno)?.fake.dispatcher,
  });
  // A process that is dead may end with any error; one that is alive only when its lease is lost.
  let isDead = false;
  const ended = run.catch((error: unknown) => {
    if (isDead) return;
    if (!(error instanceof LeaseLost)) throw error;
    onLeaseLost();
  });
  return {
    token,
    kill: async () => {
      isDead = true;
      server.onRequest(({ actor }) => (actor.token === token ? { kind: "drop", commit: false } : undefined));
      server.cutWatches(token);
      end.abort();
      await ended;
      await rm(disk, { recursive: true, force: true });
    },
    stop: async () => {
      isDead = true;
      end.abort();
      await ended;
      await rm(disk, { recursive: true, force: true });
    },
  };
}
