/** The forwarder itself: for each listener that it is sent, copies bytes between its connections and a port of the node. */
import { connect, type Server, type Socket } from "node:net";
import { addresses } from "./layout.ts";

const expected = 2;
let received = 0;

process.on("message", ({ port }: { port: number }, listener: Server) => {
  listener.on("connection", (socket) => forward(socket, port));
  received += 1;
  if (received === expected) process.send?.("ready");
});

// Who started us was killed before we had every socket: without them this process would only look alive.
process.on("disconnect", () => {
  if (received < expected) process.exit(1);
});

function forward(outside: Socket, port: number): void {
  const inside = connect({ port, host: addresses.node, noDelay: true });
  outside.setNoDelay(true);
  outside.pipe(inside).pipe(outside);
  for (const [socket, other] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    socket.on("error", () => other.destroy());
    socket.on("close", () => other.destroy());
  }
}
