/** The semantics of the Kubernetes API that Ebb relies on, for the fake and the real server alike. */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe } from "vitest";
import { RawApi, type ApiUnderTest, type Open } from "./api-under-test.ts";
import { applies } from "./applies.ts";
import { collections } from "./collections.ts";
import { creates } from "./creates.ts";
import { customResources } from "./custom-resources.ts";
import { deletions } from "./deletions.ts";
import { patches } from "./patches.ts";
import { reads } from "./reads.ts";
import { reviews } from "./reviews.ts";
import { scales } from "./scales.ts";
import { updates } from "./updates.ts";
import { watching } from "./watching.ts";

const groups = {
  creates,
  updates,
  patches,
  scales,
  applies,
  deletions,
  reads,
  watching,
  collections,
  customResources,
  reviews,
};

/** Declares the whole suite; make is called once. */
export function describeApiServer(name: string, make: () => Promise<ApiUnderTest>): void {
  describe(`${name}:`, () => {
    let server: ApiUnderTest;
    let api: RawApi;
    beforeAll(async () => {
      server = await make();
      api = new RawApi(server.kubeConfig);
    });
    afterAll(async () => {
      await api.close();
      await server.stop();
    });
    for (const [title, declare] of Object.entries(groups)) {
      describe(`${title}:`, () => {
        declare(benchOf(title.toLowerCase(), () => api));
      });
    }
  });
}

/** A bench in a namespace of its own, made before the group and deleted after it. */
function benchOf(group: string, api: () => RawApi): Open {
  const namespace = `suite-${group}-${randomUUID().slice(0, 6)}`;
  beforeAll(async () => {
    await api().ok("POST", "/api/v1/namespaces", {
      body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    });
  });
  afterAll(async () => {
    await api().ok("DELETE", `/api/v1/namespaces/${namespace}`);
  });
  const below = (prefix: string, plural: string, name?: string): string =>
    `${prefix}/namespaces/${namespace}/${plural}${name === undefined ? "" : `/${name}`}`;
  return () => ({
    api: api(),
    namespace,
    core: (plural, name) => below("/api/v1", plural, name),
    grouped: (groupVersion, plural, name) => below(`/apis/${groupVersion}`, plural, name),
  });
}
