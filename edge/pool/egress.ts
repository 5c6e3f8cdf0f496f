/** What a function may reach: nothing but the hosts and ports that its version names. */
import type { Fetcher } from "./host.ts";

export interface EgressRule {
  /** A name, an IPv4 address, or `*.` and a name: any name below that, not the name itself. */
  readonly host: string;
  readonly port: number;
}

const defaultPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

/** The URL's host is compared as it is written there; the engine has made numbers in it an address. */
export function isAllowed({ protocol, hostname, port }: URL, rules: readonly EgressRule[]): boolean {
  const wanted = port === "" ? defaultPorts[protocol] : Number(port);
  if (!(protocol in defaultPorts)) return false;
  return rules.some((rule) => rule.port === wanted && covers(rule.host, hostname));
}

/**
 * Sends a function's request on, or throws. A redirect is the function's to follow, by a request of its own, which comes
 * here again.
 */
export async function passOut(
  network: Fetcher,
  rules: readonly EgressRule[],
  request: Request,
): Promise<Response> {
  const url = new URL(request.url);
  if (isAllowed(url, rules)) return network.fetch(request, { redirect: "manual" });
  throw new Error(
    `spec.egress.allow does not name ${url.hostname} with port ${url.port || defaultPorts[url.protocol]}`,
  );
}

function covers(host: string, hostname: string): boolean {
  if (!host.startsWith("*.")) return host === hostname;
  return hostname.endsWith(host.slice(1)) && hostname.length > host.length - 1;
}
