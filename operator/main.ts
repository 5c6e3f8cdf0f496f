/** The process: reads what it is told, runs the command, ends in order. */
import { KubeConfig } from "@kubernetes/client-node";
import { systemClock } from "./api/system-clock.ts";
import { type Command, type Config, readCommand, readConfig } from "./config.ts";
import { ejectAll } from "./eject.ts";
import { ConfigError } from "./environment.ts";
import { ApiCaller } from "./kube/api-caller.ts";
import { Connection } from "./kube/connection.ts";
import { HttpKubeClient } from "./kube/http-client.ts";
import { runOperator } from "./start.ts";
import { createLog } from "./telemetry/log.ts";

try {
  const command = readCommand(process.argv.slice(2));
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  process.exitCode = await (command.name === "run"
    ? run(readConfig(process.env), kubeConfig)
    : eject(command, kubeConfig));
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exitCode = 2;
}

async function run(config: Config, kubeConfig: KubeConfig): Promise<number> {
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => stop.abort(new Error(signal)));
  const log = createLog(config.logLevel);
  log.info({ namespace: config.namespace, identity: config.identity }, "starting");
  await runOperator({
    config,
    kubeConfig,
    clock: systemClock,
    elapsed: () => performance.now(),
    log,
    stop: stop.signal,
  });
  log.info("stopped");
  return 0;
}

async function eject(
  { timeoutMs }: Extract<Command, { name: "eject" }>,
  kubeConfig: KubeConfig,
): Promise<number> {
  const connection = new Connection({ kubeConfig, clock: systemClock });
  const client = new HttpKubeClient({ caller: new ApiCaller({ connection, clock: systemClock }) });
  const namespace = process.env.EBB_NAMESPACE ?? "ebb-system";
  try {
    const isBack = await ejectAll({
      client,
      clock: systemClock,
      namespace,
      timeoutMs,
      print: (line) => console.log(line),
    });
    return isBack ? 0 : 1;
  } finally {
    await connection.close();
  }
}
