/** The workload's own program: answers every request with its name, and drains when it is told to end. */
import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { PodProgram } from "../kit/fake-cluster/pod-program.ts";

/** What the body of every answer is. */
export const originBody = "origin";

/** Real milliseconds from the order to end until it takes no more connections: callers learn of it later. */
const graceMs = 25;

export const originProgram: PodProgram = async ({ pod, address }) => {
  const server = createServer({ keepAliveTimeout: 0 }, (_request, response) => response.end(originBody));
  const port = pod.spec.containers[0]?.ports?.[0]?.containerPort ?? 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, address, resolve);
  });
  return {
    stop: async () => {
      await delay(graceMs);
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeIdleConnections();
      });
    },
  };
};
