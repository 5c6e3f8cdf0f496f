/** Load from a process of its own, so that the benchmark's own work is in no figure. */
import { join } from "node:path";
import { run } from "../../test/cluster/run.ts";
import { installPackages } from "../../test/cluster/machine.ts";
import type { Load } from "./main.ts";

/** At a fixed rate. */
export async function steadyLoad(url: string, rate: number, seconds: number): Promise<Load> {
  const script = join(import.meta.dirname, "main.ts");
  return JSON.parse(await run(process.execPath, [script, url, String(rate), String(seconds)])) as Load;
}

/** As much as comes through on 32 kept connections, by wrk; requests answered. Throws when one is not answered 200. */
export async function fullLoad(url: string, seconds: number): Promise<number> {
  await installPackages(["wrk"]);
  const output = await run("wrk", ["-t1", "-c32", `-d${seconds}s`, "--timeout", "10s", url]);
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`not every request was answered: ${output}`);
  const [, requests] = /(\d+) requests in/.exec(output) ?? [];
  if (requests === undefined) throw new Error(`wrk says nothing of requests: ${output}`);
  return Number(requests);
}
