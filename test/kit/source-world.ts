/** The sources of modules of one operator, on a fake API server, with a disk of their own. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { systemClock } from "../../operator/api/system-clock.ts";
import { ApiCaller } from "../../operator/kube/api-caller.ts";
import { Connection } from "../../operator/kube/connection.ts";
import { HttpKubeClient } from "../../operator/kube/http-client.ts";
import { secrets } from "../../operator/kube/objects.ts";
import { BlobCache } from "../../operator/module/blob-cache.ts";
import { createModuleSources, type ModuleSettings } from "../../operator/module/create-module-sources.ts";
import type { FoundModule, ModuleRequest } from "../../operator/module/found-module.ts";
import type { ModuleSources } from "../../operator/module/module-sources.ts";
import { createLog } from "../../operator/telemetry/log.ts";
import { type FakeApiServer, startFakeApiServer } from "./fake-apiserver/fake-api-server.ts";
import { ManualClock } from "./manual-clock.ts";

export const namespace = "shop";

/** Of an operator that may reach this machine. */
export function moduleSettings(cacheDir: string, change: Partial<ModuleSettings> = {}): ModuleSettings {
  const addresses = { allowed: ["127.0.0.0/8", "::1/128"], denied: [] };
  const sizes = { maxSize: 64 * 1024, cacheSize: 1024 * 1024 };
  return { ...sizes, cacheDir, mirrors: {}, addresses, ...change };
}

export class SourceWorld {
  readonly server: FakeApiServer;
  readonly clock = new ManualClock();
  readonly #dir: string;
  readonly #connection: Connection;

  private constructor(server: FakeApiServer, dir: string) {
    this.server = server;
    this.#dir = dir;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeconfig());
    this.#connection = new Connection({ kubeConfig, clock: systemClock });
  }

  static async start(): Promise<SourceWorld> {
    const server = await startFakeApiServer();
    return new SourceWorld(server, await mkdtemp(join(tmpdir(), "ebb-sources-")));
  }

  /** Those of a process that starts now; a disk of another name is an empty one. */
  open(change: Partial<ModuleSettings> = {}, disk = "disk"): ModuleSources {
    const settings = moduleSettings(join(this.#dir, disk), change);
    const log = createLog("silent");
    return createModuleSources({
      client: new HttpKubeClient({
        caller: new ApiCaller({ connection: this.#connection, clock: systemClock }),
      }),
      clock: this.clock,
      log,
      settings,
      cache: new BlobCache({ dir: settings.cacheDir, maxBytes: settings.cacheSize, log }),
    });
  }

  /** A docker config.json as Kubernetes keeps it. */
  putPullSecret(name: string, auths: object, key = ".dockerconfigjson"): void {
    const text = JSON.stringify(key === ".dockercfg" ? auths : { auths });
    const data = { [key]: Buffer.from(text).toString("base64") };
    this.server.put(secrets, { metadata: { namespace, name }, data });
  }

  async stop(): Promise<void> {
    await this.#connection.close();
    await this.server.stop();
    await rm(this.#dir, { recursive: true });
  }
}

/** A request of one function; known is what a pass before it has found. */
export function requestOf(
  spec: ModuleRequest["spec"],
  known?: FoundModule,
  change: Partial<ModuleRequest> = {},
): ModuleRequest {
  return {
    namespace,
    uid: "uid",
    spec,
    known: known?.module,
    configMapVersion: () => undefined,
    imagePullSecrets: [],
    serviceAccount: "default",
    ...change,
  };
}
