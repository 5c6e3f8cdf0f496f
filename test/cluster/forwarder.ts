/**
 * The way from the machine's loopback into a cluster: one process that lives inside the cluster's namespace and
 * accepts on sockets that were opened outside it. A socket stays in the namespace where it was made.
 */
import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Server } from "node:net";
import { join } from "node:path";
import { findDaemon, startWithChannel } from "./daemon.ts";
import { ingressPort } from "./ingress.ts";
import { apiPort, type Layout } from "./layout.ts";
import { writeWhole } from "./write-whole.ts";

const name = "forwarder";

/** The ports of a cluster on 127.0.0.1. */
export interface Ports {
  readonly api: number;
  readonly ingress: number;
}

/** Starts the forwarder unless it runs, on its former ports when they are free. Gives the ports. */
export async function ensureForwarder(layout: Layout): Promise<Ports> {
  const former = await forwardedPorts(layout);
  if (former !== undefined && (await isForwarding(layout))) return former;
  const listeners = { api: await listen(former?.api), ingress: await listen(former?.ingress) };
  const ports = { api: portOf(listeners.api), ingress: portOf(listeners.ingress) };
  await writeWhole(portsFile(layout), JSON.stringify(ports));
  const child = await startWithChannel(layout, {
    name,
    command: [process.execPath, join(import.meta.dirname, "forwarder-process.ts")],
  });
  child.send({ port: apiPort }, listeners.api);
  child.send({ port: ingressPort }, listeners.ingress);
  const [ready] = await Promise.race([once(child, "message"), once(child, "exit")]);
  if (ready !== "ready") throw new Error(`the forwarder ended with status ${String(ready)}`);
  child.disconnect();
  for (const server of Object.values(listeners)) server.close();
  return ports;
}

/** The ports that were forwarded last; undefined when none ever were. */
export async function forwardedPorts(layout: Layout): Promise<Ports | undefined> {
  const file = portsFile(layout);
  return existsSync(file) ? (JSON.parse(await readFile(file, "utf8")) as Ports) : undefined;
}

/** Whether the forwarder is alive. */
export async function isForwarding(layout: Layout): Promise<boolean> {
  return (await findDaemon(layout, name)) !== undefined;
}

/** The address at which the cluster's Ingresses answer on this machine. */
export function ingressUrl({ ingress }: Ports): string {
  return `http://127.0.0.1:${ingress}`;
}

/** Listens on the port, or on any when that is taken or not given. */
async function listen(port = 0): Promise<Server> {
  const server = createServer((socket) => socket.destroy()); // early: the forwarder does not accept yet
  const failed = once(server, "error");
  server.listen(port, "127.0.0.1");
  const [error] = await Promise.race([once(server, "listening"), failed]);
  if (error === undefined) return server;
  if (port !== 0 && error.code === "EADDRINUSE") return listen();
  throw error;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

function portsFile(layout: Layout): string {
  return join(layout.state, "ports.json");
}
