/** What answers for the pods of gateways and pools: the test kit's stand-ins, whose functions are never run. */
import {
  gatewayName,
  labels,
  managedByEbb,
  poolName,
  poolTlsSecretName,
} from "../../operator/api/v1alpha1/names.ts";
import { type ConfigMap, configMaps, type Pod, secrets } from "../../operator/kube/objects.ts";
import { drainTokenVariable } from "../../operator/traffic/gateway/render-ops-listener.ts";
import type { Control, Fetcher, IsolateStub, Loader } from "../../edge/pool/host.ts";
import { type FakeGateway, startFakeGateway } from "../../test/kit/fake-gateway.ts";
import { type FakePool, startFakePool } from "../../test/kit/fake-pool.ts";
import type { Api } from "../cluster/api.ts";

/** Says of every module that it is loaded: a thousand functions in each of two pods would not fit one process. */
const idleLoader: Loader = { get: () => idleIsolate };
const idleFetcher: Fetcher = { fetch: () => Promise.resolve(new Response(null, { status: 503 })) };
const idleControl: Control = { warm: () => Promise.resolve(), abort: () => Promise.resolve() };
const idleIsolate: IsolateStub = {
  getEntrypoint: ((name?: string) =>
    name === undefined ? idleFetcher : idleControl) as IsolateStub["getEntrypoint"],
};

export class Programs {
  readonly #api: Api;
  /** Data of each namespace's gateway configuration. */
  readonly #configs = new Map<string, Readonly<Record<string, string>>>();
  readonly #gateways = new Map<string, FakeGateway>();
  readonly #namespaces = new Map<string, string>();
  /** One after the other a gateway: two at once would open one port twice. */
  readonly #refreshed = new Map<string, Promise<void>>();
  readonly #pools = new Map<string, FakePool>();

  private constructor(api: Api) {
    this.#api = api;
  }

  static async open(api: Api): Promise<Programs> {
    const programs = new Programs(api);
    const scope = { labelSelector: `${labels.managedBy}=${managedByEbb},${labels.name}=${gatewayName}` };
    await api.follow(configMaps, scope, ({ object }) => programs.#configure(object));
    return programs;
  }

  /** Returns when the program of a pod listens; most pods have none. uid is the pod's. */
  async start(uid: string, pod: Pod, address: string): Promise<void> {
    const name = pod.metadata.labels?.[labels.name];
    if (name === gatewayName) {
      const gateway = await this.#gateway(pod, address);
      this.#gateways.set(uid, gateway);
      this.#namespaces.set(uid, pod.metadata.namespace ?? "");
      this.#refresh(uid, gateway);
    }
    if (name === poolName) this.#pools.set(uid, await this.#pool(pod, address));
  }

  /** Gateways load it at once; a kubelet takes 12 to 147 ms more. */
  #configure({ metadata: { namespace = "" }, data = {} }: ConfigMap): void {
    this.#configs.set(namespace, data);
    for (const [uid, gateway] of this.#gateways)
      if (this.#namespaces.get(uid) === namespace) this.#refresh(uid, gateway);
  }

  #refresh(uid: string, gateway: FakeGateway): void {
    const former = this.#refreshed.get(uid) ?? Promise.resolve();
    const refreshed = former
      .then(() => gateway.refresh())
      .catch((error: unknown) => console.error("a gateway does not take its configuration", error));
    this.#refreshed.set(uid, refreshed);
  }

  async stop(uid: string): Promise<void> {
    const program = this.#gateways.get(uid) ?? this.#pools.get(uid);
    this.#gateways.delete(uid);
    this.#namespaces.delete(uid);
    await this.#refreshed.get(uid);
    this.#refreshed.delete(uid);
    this.#pools.delete(uid);
    await program?.stop();
  }

  async stopAll(): Promise<void> {
    await Promise.all([...this.#gateways.keys(), ...this.#pools.keys()].map((uid) => this.stop(uid)));
  }

  #gateway(pod: Pod, address: string): Promise<FakeGateway> {
    const { namespace = "" } = pod.metadata;
    const env = pod.spec.containers.flatMap((container) => container.env ?? []);
    return startFakeGateway({
      address,
      drainToken: env.find(({ name }) => name === drainTokenVariable)?.value ?? "",
      readConfig: () => this.#configs.get(namespace) ?? {},
    });
  }

  async #pool(pod: Pod, address: string): Promise<FakePool> {
    const { namespace = "" } = pod.metadata;
    const { data = {} } = await this.#api.client.get(secrets, { namespace, name: poolTlsSecretName });
    const text = (file: string): string => Buffer.from(data[file] ?? "", "base64").toString();
    return startFakePool({
      address,
      loader: idleLoader,
      tls: {
        server: { certificate: text("tls.crt"), key: text("tls.key") },
        clientAuthority: { certificate: text("client-ca.crt") },
      },
    });
  }
}
