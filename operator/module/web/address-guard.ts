/** Which addresses the operator may connect to for people who may only write EdgeFunctions. */
import { BlockList, isIP } from "node:net";

/** What leads to the operator's own pod or node, or to a cloud's metadata service: `address/prefix`. */
const neverOutside = [
  "0.0.0.0/8",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "100.100.100.200/32", // metadata of Alibaba Cloud
  "168.63.129.16/32", // the host of a virtual machine of Azure
  "192.0.0.192/32", // metadata of Oracle Cloud
  "::/128",
  "::1/128",
  "fe80::/10",
  "ff00::/8",
  "fd00:ec2::254/128", // metadata of AWS
  "fd20:ce::254/128", // metadata of Google Cloud
  "64:ff9b:1::/48", // NAT64 of the local network, RFC 8215: the IPv4 address may be at any place in it
];

/** Networks whose last four bytes are an IPv4 address: NAT64, 6to4 has its own place for them. */
const nat64 = new BlockList();
nat64.addSubnet("64:ff9b::", 96, "ipv6");
const sixToFour = new BlockList();
sixToFour.addSubnet("2002::", 16, "ipv6");

export interface AddressRules {
  /** Networks, as `10.0.0.0/8`, that may be reached whatever else says no. */
  readonly allowed: readonly string[];
  /** Networks that may not be reached, beside those that never may. */
  readonly denied: readonly string[];
}

export class AddressGuard {
  readonly #allowed: BlockList;
  readonly #denied: BlockList;

  /** Errors: as networkList. */
  constructor({ allowed, denied }: AddressRules) {
    this.#allowed = networkList(allowed);
    this.#denied = networkList([...neverOutside, ...denied]);
  }

  /** address is an IPv4 or IPv6 address; an IPv4 address inside an IPv6 one counts as itself too. */
  allows(address: string): boolean {
    const forms = [address, ...embedded(address)];
    if (forms.some((form) => isIn(this.#allowed, form))) return true;
    return !forms.some((form) => isIP(form) === 0 || isIn(this.#denied, form));
  }
}

function isIn(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
}

/** The IPv4 address that NAT64 or 6to4 leads to. BlockList knows those that are mapped. */
function embedded(address: string): string[] {
  if (isIP(address) !== 6) return [];
  if (isIn(nat64, address)) return [quad(groupsOf(address).slice(6))];
  if (isIn(sixToFour, address)) return [quad(groupsOf(address).slice(1, 3))];
  return [];
}

function quad(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 255]).join(".");
}

/** The eight numbers of an IPv6 address. */
function groupsOf(address: string): number[] {
  const { hostname } = new URL(`http://[${address.split("%")[0] ?? ""}]`);
  const [head = "", tail] = hostname.slice(1, -1).split("::");
  const [first, last] = [numbersIn(head), numbersIn(tail ?? "")];
  const zeros = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...Array.from({ length: zeros }, () => 0), ...last];
}

function numbersIn(part: string): number[] {
  return part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
}

/** Errors: RangeError for what is no network. */
export function networkList(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = "", prefix = ""] = network.split("/");
    const family = isIP(address);
    const bits = Number(prefix);
    if (family === 0 || !/^\d{1,3}$/.test(prefix) || bits > (family === 6 ? 128 : 32))
      throw new RangeError(`"${network}" is no network such as 10.0.0.0/8 or fd00::/8`);
    list.addSubnet(address, bits, family === 6 ? "ipv6" : "ipv4");
  }
  return list;
}
