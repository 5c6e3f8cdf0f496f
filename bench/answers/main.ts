/**
 * Asks one URL again and again, each time on a new connection, and tells who answers: one line of JSON whenever that
 * changes. Arguments: the URL, and milliseconds between two requests. Ends when its standard input does.
 */
import { Agent, get } from "node:http";

const [url = "", interval = "20"] = process.argv.slice(2);
const agent = new Agent({ keepAlive: false });
let last = "";

function ask(): void {
  get(url, { agent, timeout: 5000 }, (response) => {
    response.resume();
    tell(response.headers["served-by"]?.toString() ?? `nobody (${response.statusCode})`);
  }).on("error", (error: NodeJS.ErrnoException) => tell(`nobody (${error.code})`));
}

function tell(by: string): void {
  if (by === last) return;
  last = by;
  process.stdout.write(`${JSON.stringify({ time: Date.now(), by })}\n`);
}

const timer = setInterval(ask, Number(interval));
process.stdin.on("close", () => clearInterval(timer)).resume();
