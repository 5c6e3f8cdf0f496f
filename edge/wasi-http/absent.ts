/** What a request does not have: files, sockets, terminals. Modules import them all the same, by their language's library. */
import { Failed } from "./failed.ts";

/** A class of resources of which there is never one. */
function absentClass() {
  return class {
    readonly isAbsent = true;
  };
}

/** All that the others could do it refuses to lead to. */
class Network {
  readonly isReachable = false;
}

const denied = (): never => {
  throw new Failed("access-denied");
};
const none = () => undefined;

export const absentInterfaces = {
  "wasi:cli/terminal-input": { TerminalInput: absentClass() },
  "wasi:cli/terminal-output": { TerminalOutput: absentClass() },
  "wasi:cli/terminal-stderr": { getTerminalStderr: none },
  "wasi:cli/terminal-stdin": { getTerminalStdin: none },
  "wasi:cli/terminal-stdout": { getTerminalStdout: none },
  "wasi:filesystem/preopens": { getDirectories: () => [] },
  "wasi:filesystem/types": {
    Descriptor: absentClass(),
    DirectoryEntryStream: absentClass(),
    filesystemErrorCode: none,
  },
  "wasi:sockets/instance-network": { instanceNetwork: () => new Network() },
  "wasi:sockets/ip-name-lookup": { ResolveAddressStream: absentClass(), resolveAddresses: denied },
  "wasi:sockets/network": { Network },
  "wasi:sockets/tcp": { TcpSocket: absentClass() },
  "wasi:sockets/tcp-create-socket": { createTcpSocket: denied },
  "wasi:sockets/udp": {
    IncomingDatagramStream: absentClass(),
    OutgoingDatagramStream: absentClass(),
    UdpSocket: absentClass(),
  },
  "wasi:sockets/udp-create-socket": { createUdpSocket: denied },
} as const;
