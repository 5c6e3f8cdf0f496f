/** Where the modules of all functions come from. */
import { parseDuration } from "../api/duration.ts";
import type {
  EdgeFunctionSpecModule,
  EdgeFunctionStatusModule,
} from "../api/v1alpha1/generated/edge-function.ts";
import { Attempts } from "./attempts.ts";
import type { ConfigMapSource } from "./config-map-source.ts";
import { type FoundModule, type ModuleRequest, statusOf } from "./found-module.ts";
import type { HttpSource } from "./http-source.ts";
import type { OciSource } from "./oci/oci-source.ts";
import type { TagWatch } from "./oci/tag-watch.ts";
import type { Inspect } from "./remembered-inspection.ts";
import { SourceRefused } from "./source-error.ts";

export interface ModuleSourcesDeps {
  readonly configMaps: ConfigMapSource;
  readonly oci: OciSource;
  readonly http: HttpSource;
  readonly tags: TagWatch;
  readonly attempts: Attempts;
  readonly inspect: Inspect;
}

const defaultPollMs = 300_000;

export class ModuleSources {
  readonly #deps: ModuleSourcesDeps;

  constructor(deps: ModuleSourcesDeps) {
    this.#deps = deps;
  }

  /**
   * Errors: SourceRefused and ModuleError of a ConfigMap; AttemptFailed of what is outside the cluster, where nobody is
   * asked again before it is time; ApiError.
   */
  async resolve(request: ModuleRequest): Promise<FoundModule> {
    const { configMapKeyRef, oci, http } = request.spec;
    if (configMapKeyRef !== undefined) return await this.#fromConfigMap(request, configMapKeyRef);
    if (oci !== undefined)
      return await this.#outside(request, () => this.#deps.oci.resolve(request, oci, pollMsOf(request.spec)));
    if (http !== undefined) return await this.#outside(request, () => this.#deps.http.resolve(request, http));
    throw new SourceRefused("ModuleNotFound", "spec.module has no source. Set oci, http or configMapKeyRef.");
  }

  /** Bytes of a module that status knows, if they can be had without leaving the cluster. Errors: as resolve. */
  async atHand(
    namespace: string,
    { configMapKeyRef, oci, http }: EdgeFunctionSpecModule,
    known: EdgeFunctionStatusModule,
    configMapVersion: (name: string) => string | undefined,
  ): Promise<Uint8Array | undefined> {
    if (oci !== undefined) return await this.#deps.oci.atHand(oci, known);
    if (http !== undefined) return await this.#deps.http.atHand(http);
    if (configMapKeyRef === undefined || configMapVersion(configMapKeyRef.name) === undefined)
      return undefined;
    return await this.#deps.configMaps.read(
      { namespace, ...configMapKeyRef },
      configMapVersion(configMapKeyRef.name),
    );
  }

  /** Milliseconds until resolve looks a followed tag up again; undefined when none is followed, or the next resolve does. */
  nextLook(uid: string, spec: EdgeFunctionSpecModule): number | undefined {
    const { oci } = spec;
    if (oci === undefined || pollMsOf(spec) === undefined) return undefined;
    const dueIn = this.#deps.tags.dueIn(uid, oci.reference);
    return dueIn === 0 ? undefined : dueIn;
  }

  async #fromConfigMap(
    { namespace, spec, configMapVersion }: ModuleRequest,
    ref: { readonly name: string; readonly key: string },
  ): Promise<FoundModule> {
    const { configMaps, inspect } = this.#deps;
    const bytes = await configMaps.read({ namespace, ...ref }, configMapVersion(ref.name));
    return { module: statusOf(await inspect(bytes, spec.abi)), bytes: () => Promise.resolve(bytes) };
  }

  async #outside(request: ModuleRequest, resolve: () => Promise<FoundModule>): Promise<FoundModule> {
    const { attempts } = this.#deps;
    const { uid, spec } = request;
    const wanted = JSON.stringify(spec);
    const found = await attempts.run(uid, wanted, resolve);
    return { ...found, bytes: () => attempts.run(`${uid}/bytes`, wanted, found.bytes) };
  }
}

function pollMsOf({ updatePolicy, pollInterval }: EdgeFunctionSpecModule): number | undefined {
  if (updatePolicy !== "Poll") return undefined;
  return pollInterval === undefined ? defaultPollMs : parseDuration(pollInterval);
}
