/**
 * Sends requests at a fixed rate on kept connections, whether or not earlier ones are answered. Arguments: URL, requests a
 * second, seconds. Prints one line of JSON: a Load.
 */
import { Agent, get } from "node:http";

/** What became of the requests. */
export interface Load {
  /** Microseconds from sending to the end of the answer, of each that was answered 200. */
  readonly times: readonly number[];
  readonly failed: number;
}

const [url = "", rate = "1", seconds = "1"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: true });
const times: number[] = [];
let failed = 0;
let pending = 0;
let sent = 0;
let isOver = false;
const started = performance.now();

const timer = setInterval(() => {
  const passed = (performance.now() - started) / 1000;
  for (const due = Math.min(passed, Number(seconds)) * Number(rate); sent < Math.floor(due); sent++) send();
  if (passed < Number(seconds)) return;
  clearInterval(timer);
  isOver = true;
  finish();
}, 1);

function send(): void {
  pending++;
  const from = performance.now();
  const end = (isAnswered: boolean): void => {
    pending--;
    if (isAnswered) times.push(Math.round((performance.now() - from) * 1000));
    else failed++;
    if (isOver) finish();
  };
  get(url, { agent, timeout: 10_000 }, (response) => {
    response.resume().once("end", () => end(response.statusCode === 200));
  }).once("error", () => end(false));
}

function finish(): void {
  if (pending > 0) return;
  agent.destroy();
  process.stdout.write(`${JSON.stringify({ times, failed } satisfies Load)}\n`);
}
