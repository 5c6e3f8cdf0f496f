/** What a person wants to know about a cluster. */
import { forwardedPorts, ingressUrl, isForwarding } from "./forwarder.ts";
import { findUnwell, healthAddresses } from "./health.ts";
import type { Layout } from "./layout.ts";
import { findUnready } from "./readiness.ts";

/** A line for each part and address, and whether all parts are well. */
export async function statusOf(layout: Layout): Promise<{ lines: string[]; isUp: boolean }> {
  const ports = await forwardedPorts(layout);
  if (ports === undefined) return { lines: [`cluster ${layout.name} is down`], isUp: false };
  const addresses = healthAddresses(layout);
  const [unwell, unready, isForwarded] = await Promise.all([
    findUnwell(layout, addresses, 0),
    findUnready(layout),
    isForwarding(layout),
  ]);
  const bad = new Set([...unwell, ...unready, ...(isForwarded ? [] : ["forwarder"])]);
  const parts = [...Object.keys(addresses), "forwarder", "node", "dns"];
  const lines = [
    ...parts.map((name) => `${name.padEnd(24)}${bad.has(name) ? "NOT ready" : "ready"}`),
    `api https://127.0.0.1:${ports.api}`,
    `ingress ${ingressUrl(ports)}`,
  ];
  return { lines, isUp: bad.size === 0 };
}
