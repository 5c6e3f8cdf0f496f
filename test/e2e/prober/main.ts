/** The prober as a program: settings in PROBER_CONFIG, one line of JSON a report, SIGTERM ends it with a summary. */
import { parseConfig } from "./config.ts";
import { probe } from "./prober.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => stop.abort());

const config = parseConfig(process.env["PROBER_CONFIG"] ?? "");
await probe(config, (report) => process.stdout.write(`${JSON.stringify(report)}\n`), stop.signal);
