/** Puts the sources of modules together. */
import type { Clock } from "../api/clock.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import type { Logger } from "../telemetry/log.ts";
import { Attempts } from "./attempts.ts";
import type { BlobCache } from "./blob-cache.ts";
import { createConfigMapSource } from "./config-map-source.ts";
import { inspectModule } from "./inspect.ts";
import { HttpSource } from "./http-source.ts";
import { ModuleSources } from "./module-sources.ts";
import { OciSource } from "./oci/oci-source.ts";
import { KeyReader } from "./oci/signatures/key-reader.ts";
import { PullSecretReader } from "./oci/pull-credentials.ts";
import { type Mirrors, RegistryClient } from "./oci/registry-client.ts";
import { TagWatch } from "./oci/tag-watch.ts";
import { rememberedInspection } from "./remembered-inspection.ts";
import { SecretReader } from "./secret-reader.ts";
import { AddressGuard, type AddressRules } from "./web/address-guard.ts";
import { authoritiesOf } from "./web/authorities.ts";
import { Web } from "./web/web.ts";

/** What whoever runs Ebb decides about modules from outside the cluster. */
export interface ModuleSettings {
  /** Bytes of a module, and of the layer that it is in. */
  readonly maxSize: number;
  /** Folder of this process alone, for modules and what is made of them. */
  readonly cacheDir: string;
  /** Bytes that the folder may hold. */
  readonly cacheSize: number;
  /** PEM file with further authorities whose certificates are trusted. */
  readonly caFile?: string;
  readonly mirrors: Mirrors;
  readonly addresses: AddressRules;
}

export interface ModuleSourcesOptions {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: ModuleSettings;
  readonly cache: BlobCache;
  /** Ends downloads. */
  readonly signal?: AbortSignal | undefined;
}

/** Errors: RangeError for an address rule that is no network. */
export function createModuleSources(options: ModuleSourcesOptions): ModuleSources {
  const { client, clock, log, settings, cache, signal } = options;
  const { maxSize, caFile, mirrors, addresses } = settings;
  const inspect = rememberedInspection(async (bytes, requested) => {
    const { report, ...found } = await inspectModule(bytes, requested);
    log.info({ ...found, ...report }, "a module was inspected");
    return { ...found, report };
  });
  const web = new Web({
    guard: new AddressGuard(addresses),
    clock,
    signal,
    ...(caFile === undefined ? {} : { authorities: authoritiesOf(caFile) }),
  });
  const tags = new TagWatch(clock);
  const secrets = new SecretReader(client, clock);
  const common = { cache, inspect, maxSize };
  return new ModuleSources({
    configMaps: createConfigMapSource(client),
    oci: new OciSource({
      ...common,
      registries: new RegistryClient(web, mirrors, maxSize),
      pullSecrets: new PullSecretReader(client, secrets),
      verificationKeys: new KeyReader(secrets),
      tags,
    }),
    http: new HttpSource({ ...common, web }),
    tags,
    attempts: new Attempts(clock),
    inspect,
  });
}
