/** `expect(world).toServe("checkout", { from: "edge", lost: 0 })`: who answers the calls of a Service. */
import { call } from "./caller.ts";
import { edgeBody } from "./checkout.ts";
import { originBody } from "./origin-program.ts";
import type { World } from "./world.ts";

export interface Serving {
  readonly from: "origin" | "edge";
  readonly lost: number;
}

declare module "vitest" {
  interface Matchers<R extends void | Promise<void> = void | Promise<void>, T = unknown> {
    /** All of 24 calls are answered by that side, but for the lost. */
    toServe: (serviceName: string, serving: Serving) => Promise<void>;
  }
}

const count = 24;

/** For `expect.extend`. */
export const serving = {
  async toServe(world: World, serviceName: string, { from, lost }: Serving) {
    const calls = await call(world, serviceName, count);
    const body = from === "origin" ? originBody : edgeBody;
    const seen = { answers: Object.fromEntries(calls.bodies), lost: calls.lost };
    const pass = calls.lost.length === lost && calls.bodies.get(body) === count - lost;
    return { pass, message: () => `${serviceName} answered ${JSON.stringify(seen)}` };
  },
};
