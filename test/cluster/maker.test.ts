import { expect, test } from "vitest";
import { chooseMaker } from "./maker.ts";

const free = { local: () => undefined, k3s: async () => undefined };
const noLocal = { ...free, local: () => "The local cluster needs Linux." };

test("makes the cluster of this machine's processes wherever that is possible", async () => {
  expect(await chooseMaker({}, { ...free, k3s: () => Promise.reject(new Error("asked")) })).toBe("local");
});

test("makes it with k3s only where nothing else can and an engine has its image", async () => {
  expect(await chooseMaker({}, noLocal)).toBe("k3s");
});

test("says what is missing for both when neither can", async () => {
  const neither = { ...noLocal, k3s: async () => "no container engine answers" };
  await expect(chooseMaker({}, neither)).rejects.toThrow(
    "The local cluster needs Linux. A cluster in a container is not possible either: no container engine answers.",
  );
});

test.each(["local", "k3s", "kubeconfig"])("asks nobody when EBB_CLUSTER is %s", async (asked) => {
  const none = { local: () => "no", k3s: async () => "no" };
  expect(await chooseMaker({ EBB_CLUSTER: asked }, none)).toBe(asked);
});

test("refuses any other value of EBB_CLUSTER", async () => {
  await expect(chooseMaker({ EBB_CLUSTER: "production" }, free)).rejects.toThrow(
    'EBB_CLUSTER can only be local, k3s, kubeconfig, not "production".',
  );
});
