/** Programs of the pods that Ebb makes: the fake gateway, and the fake pool or workerd. */
import { drainTokenVariable } from "../../../operator/traffic/gateway/render-ops-listener.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import { type FakeGateway, startFakeGateway } from "../fake-gateway.ts";
import { type FakeConfig, parseFakeConfig } from "../fake-gateway-config.ts";
import type { Target } from "../fake-gateway-proxy.ts";
import { type FakePool, startFakePool } from "../fake-pool.ts";
import { type RealPool, startRealPool } from "../real-pool.ts";
import { resolveBackends } from "./dns.ts";
import type { Mounts, PodProcess, PodProgram } from "./pod-program.ts";

/** The gateways and pools that run, by pod uid. */
export interface EbbProcesses {
  readonly gateways: ReadonlyMap<string, FakeGateway>;
  readonly pools: ReadonlyMap<string, FakePool>;
  /** The configuration that each gateway has loaded. */
  readonly loaded: ReadonlyMap<string, FakeConfig>;
}

export interface EbbPrograms extends EbbProcesses {
  /** For startFakeCluster. */
  readonly programs: { readonly gateway: PodProgram; readonly pool: PodProgram };
}

/**
 * With workerd in the pool's pods pools stays empty: it does not tell what it has loaded. outside gives the servers of names
 * that lead out of the cluster.
 */
export function ebbPrograms(
  server: FakeApiServer,
  pool: "fake" | "workerd" = "fake",
  outside: (host: string) => Target | undefined = () => undefined,
): EbbPrograms {
  const gateways = new Map<string, FakeGateway>();
  const pools = new Map<string, FakePool>();
  const loaded = new Map<string, FakeConfig>();
  const gateway = gatewayProgram(server, gateways, loaded, outside);
  const programs = { gateway, pool: pool === "fake" ? poolProgram(pools) : workerdProgram };
  return { gateways, pools, loaded, programs };
}

function gatewayProgram(
  server: FakeApiServer,
  running: Map<string, FakeGateway>,
  loaded: Map<string, FakeConfig>,
  outside: (host: string) => Target | undefined,
): PodProgram {
  return async ({ pod, address, mounts }) => {
    const { uid = "" } = pod.metadata;
    const env = pod.spec.containers.flatMap((container) => container.env ?? []);
    const drainToken = env.find(({ name }) => name === drainTokenVariable)?.value ?? "";
    let texts = textsOf(mounts, "config");
    const gateway = await startFakeGateway({
      address,
      drainToken,
      readConfig: () => texts,
      resolve: (host, port) => {
        const target = outside(host);
        return target === undefined ? resolveBackends(server, host, port) : [target];
      },
    });
    loaded.set(uid, parseFakeConfig(texts));
    const { stop } = tracked(running, uid, gateway);
    return {
      filesChanged: (next) => {
        texts = textsOf(next, "config");
        const config = parseFakeConfig(texts);
        void gateway.refresh().then(() => loaded.set(uid, config));
      },
      stop: async () => {
        loaded.delete(uid);
        await stop();
      },
    };
  };
}

function poolProgram(running: Map<string, FakePool>): PodProgram {
  return async ({ pod, address, mounts }) => {
    const pool = await startFakePool({ address, drainSeconds: 0, tls: tlsOf(mounts) });
    return { ...tracked(running, pod.metadata.uid, pool), crash: () => pool.crash() };
  };
}

function workerdProgram({ address, mounts }: Parameters<PodProgram>[0]): Promise<RealPool> {
  return startRealPool({ address, drainSeconds: 0, tls: tlsOf(mounts) });
}

function tlsOf(mounts: Mounts): Parameters<typeof startRealPool>[0]["tls"] {
  const texts = textsOf(mounts, "tls");
  return {
    server: { certificate: texts["tls.crt"] ?? "", key: texts["tls.key"] ?? "" },
    clientAuthority: { certificate: texts["client-ca.crt"] ?? "" },
  };
}

function tracked<T extends { stop(): Promise<void> }>(
  running: Map<string, T>,
  uid = "",
  program: T,
): PodProcess {
  running.set(uid, program);
  return {
    stop: async () => {
      running.delete(uid);
      await program.stop();
    },
  };
}

function textsOf(mounts: Mounts, volume: string): Record<string, string> {
  const files = [...(mounts.get(volume) ?? [])];
  return Object.fromEntries(files.map(([name, content]) => [name, content.toString()]));
}
