/** A name server for tests: A records that can change, no caching. */
import { createSocket } from "node:dgram";

export interface DnsServer {
  readonly port: number;
  /** Addresses of a name; a name without any does not exist. */
  set(name: string, addresses: readonly string[]): void;
  stop(): Promise<void>;
}

const typeA = 1;
const headerBytes = 12;

export async function startDnsServer(address: string): Promise<DnsServer> {
  const records = new Map<string, readonly string[]>();
  const socket = createSocket("udp4");
  socket.on("message", (query, peer) => socket.send(answer(query, records), peer.port, peer.address));
  await new Promise<void>((resolve) => socket.bind(0, address, resolve));
  return {
    port: socket.address().port,
    set: (name, addresses) => void records.set(name, addresses),
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

function answer(query: Buffer, records: ReadonlyMap<string, readonly string[]>): Buffer {
  const { name, end } = readName(query);
  const known = records.get(name) ?? [];
  const addresses = query.readUInt16BE(end) === typeA ? known : [];
  const header = Buffer.alloc(headerBytes);
  query.copy(header, 0, 0, 2);
  // An authoritative answer; 3 is "no such name".
  header.writeUInt16BE(0x8580 | (known.length === 0 ? 3 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses.length, 6);
  return Buffer.concat([header, query.subarray(headerBytes, end + 4), ...addresses.map(record)]);
}

function readName(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), end: at + 1 };
}

/** Points to the question's name; lives for a second. */
function record(address: string): Buffer {
  const fixed = Buffer.from([0xc0, headerBytes, 0, typeA, 0, 1, 0, 0, 0, 1, 0, 4]);
  return Buffer.concat([fixed, Buffer.from(address.split(".").map(Number))]);
}
