/** Connects only where the guard lets it: by name, by address, and by what is really at the other end. */
import { lookup as dnsLookup, type LookupAddress } from "node:dns";
import { isIP, type LookupFunction } from "node:net";
import { buildConnector } from "undici";
import type { AddressGuard } from "./address-guard.ts";

/** host leads to an address that the operator may not connect to. */
export class AddressForbiddenError extends Error {
  override readonly name = "AddressForbiddenError";
  readonly host: string;

  constructor(host: string) {
    super(`${host} leads to an address that the operator may not connect to`);
    this.host = host;
  }
}

export interface GuardedConnectorOptions {
  readonly guard: AddressGuard;
  /** Certificates that are trusted, in PEM; Node's own unless given. */
  readonly ca?: readonly string[] | undefined;
  /** Milliseconds until a connection stands. */
  readonly timeoutMs: number;
  /** Finds the addresses of a name; the system's resolver unless given. */
  readonly resolve?: typeof dnsLookup | undefined;
}

/** Errors: AddressForbiddenError, before anything is sent. */
export function guardedConnector(options: GuardedConnectorOptions): buildConnector.connector {
  const { guard, ca, timeoutMs, resolve = dnsLookup } = options;
  const connect = buildConnector({
    timeout: timeoutMs,
    allowH2: false,
    lookup: guardedLookup(guard, resolve),
    ...(ca === undefined ? {} : { ca: [...ca] }),
  });
  return (target, callback) => {
    const literal = target.hostname.replace(/^\[(.*)\]$/, "$1");
    // An address in the URL is looked up by nobody.
    if (isIP(literal) !== 0 && !guard.allows(literal)) {
      callback(new AddressForbiddenError(target.hostname), null);
      return;
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) {
        callback(error, null);
        return;
      }
      // The last word is the address at the other end, whatever was looked up before.
      if (guard.allows(socket.remoteAddress ?? "")) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(new AddressForbiddenError(target.hostname), null);
    });
  };
}

function guardedLookup(guard: AddressGuard, resolve: typeof dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error !== null) {
        callback(error, "");
        return;
      }
      const allowed = addresses.filter(({ address }) => guard.allows(address));
      const [first] = allowed;
      if (first === undefined) callback(new AddressForbiddenError(hostname), "");
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
