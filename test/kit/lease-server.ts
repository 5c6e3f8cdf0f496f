/** One Lease in memory, and lines to it that a test can cut. */
import { ApiError } from "../../operator/kube/api-error.ts";
import type { LeaseClient } from "../../operator/kube/leader-election.ts";
import type { Lease } from "../../operator/kube/lease-objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";

/** One Lease with the API server's versions and conflicts. */
export class LeaseServer {
  lease: Lease | undefined;
  #version = 0;

  write(spec: object): Lease {
    this.#version += 1;
    const metadata = {
      namespace: "ebb-system",
      name: "ebb-operator",
      resourceVersion: String(this.#version),
    };
    this.lease = {
      metadata,
      spec: Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== null)),
    };
    return this.lease;
  }
}

type Fault = "refuse" | "hang" | undefined;

/** A candidate's own line to the server, which a test can cut. */
export function lineTo(server: LeaseServer) {
  const line = { fault: undefined as Fault, writes: 0 };
  const pass = async (): Promise<void> => {
    await Promise.resolve();
    if (line.fault === "hang") await new Promise(() => undefined);
    if (line.fault === "refuse") throw new ApiError(500, "InternalError", "refused");
  };
  const client = {
    find: async () => {
      await pass();
      return server.lease;
    },
    create: async (_resource: unknown, object: Lease) => {
      await pass();
      if (server.lease !== undefined) throw new ApiError(409, "AlreadyExists", "exists");
      line.writes += 1;
      return server.write(object.spec ?? {});
    },
    merge: async (_resource: unknown, _ref: unknown, body: KubeObject & Lease) => {
      await pass();
      if (server.lease === undefined) throw new ApiError(404, "NotFound", "gone");
      const current = server.lease.metadata.resourceVersion;
      if (body.metadata.resourceVersion !== current) throw new ApiError(409, "Conflict", "changed");
      line.writes += 1;
      return server.write({ ...server.lease.spec, ...body.spec });
    },
  } as unknown as LeaseClient;
  return { line, client };
}
