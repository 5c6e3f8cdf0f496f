/** A workload or edge that writes its own bytes, and a real gateway in front of it. */
import { gatewayEntry } from "./gateway-entry.ts";
import { type RawOrigin, startRawOrigin } from "./raw-origin.ts";
import { startRealGateway } from "./real-gateway.ts";

export interface FrontedOrigin {
  readonly origin: RawOrigin;
  stop(): Promise<void>;
}

/** weight is what the gateway sends to the edge, percent. */
export async function startFrontedOrigin(
  address: string,
  port: number,
  weight: number,
): Promise<FrontedOrigin> {
  const origin = await startRawOrigin(address, port);
  const gateway = await startRealGateway({ address, entries: [gatewayEntry(address, { weight })] });
  return {
    origin,
    stop: async () => {
      await gateway.stop();
      await origin.stop();
    },
  };
}
