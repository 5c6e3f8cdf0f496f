import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { readCommand, readConfig } from "./config.ts";

const env = { EBB_NAMESPACE: "ebb-system", POD_NAME: "ebb-0", EBB_GATEWAY_IMAGE: "g", EBB_EDGE_IMAGE: "e" };

it("runs unless told otherwise", () => {
  expect(readCommand([])).toEqual({ name: "run" });
  expect(readCommand(["run"])).toEqual({ name: "run" });
  expect(readCommand(["eject", "--all", "--timeout", "1m30s"])).toEqual({ name: "eject", timeoutMs: 90_000 });
});

it.each([
  [["walk"]],
  [["run", "fast"]],
  [["eject"]],
  [["eject", "--all", "--timeout", "soon"]],
  [["eject", "--some"]],
])("refuses %j with the usage or the option's name", (args) => {
  expect(() => readCommand(args)).toThrow(/Usage|--timeout/);
});

it("reads the environment", () => {
  expect(readConfig(env)).toMatchObject({
    namespace: "ebb-system",
    makeDefaultTarget: false,
    logLevel: "info",
    transpiler: fileURLToPath(new URL("transpiler.ts", import.meta.url)),
  });
  expect(readConfig({ ...env, EBB_TRANSPILER: "/t.mjs" })).toMatchObject({ transpiler: "/t.mjs" });
  expect(readConfig({ ...env, EBB_DEFAULT_TARGET: "true" })).toMatchObject({ makeDefaultTarget: true });
});

it.each([
  [{ EBB_NAMESPACE: "" }, "EBB_NAMESPACE"],
  [{ POD_NAME: undefined }, "POD_NAME"],
  [{ EBB_LOG_LEVEL: "loud" }, "EBB_LOG_LEVEL"],
  [{ EBB_DEFAULT_TARGET: "yes" }, "EBB_DEFAULT_TARGET"],
  [{ EBB_NETWORK_POLICIES: "true", EBB_NETWORK_POLICY_CALLERS: "[" }, "EBB_NETWORK_POLICY_CALLERS"],
  [{ EBB_NETWORK_POLICIES: "true", EBB_NETWORK_POLICY_CALLERS: "{}" }, "EBB_NETWORK_POLICY_CALLERS"],
  [{ EBB_NETWORK_POLICIES: "true", EBB_NETWORK_POLICY_CALLERS: "[1]" }, "EBB_NETWORK_POLICY_CALLERS"],
  [{ EBB_MODULE_MAX_SIZE: "big" }, "EBB_MODULE_MAX_SIZE"],
  [{ EBB_MODULE_CACHE_SIZE: "0" }, "EBB_MODULE_CACHE_SIZE"],
  [{ EBB_MODULE_MIRRORS: "[]" }, "EBB_MODULE_MIRRORS"],
  [{ EBB_MODULE_MIRRORS: '{"registry.example.com": ["mirror.example.com"]}' }, "EBB_MODULE_MIRRORS"],
  [{ EBB_MODULE_ALLOWED_ADDRESSES: '["10.0.0.0"]' }, "EBB_MODULE_ALLOWED_ADDRESSES"],
  [{ EBB_MODULE_DENIED_ADDRESSES: "[10]" }, "EBB_MODULE_DENIED_ADDRESSES"],
])("names the variable that is wrong in %j", (change, name) => {
  expect(() => readConfig({ ...env, ...change })).toThrow(name);
});

it("takes modules from where whoever runs Ebb says", () => {
  const settings = {
    EBB_MODULE_MAX_SIZE: "1Mi",
    EBB_MODULE_MIRRORS: '{"registry.example.com": ["https://mirror.example.com/hub"]}',
    EBB_MODULE_DENIED_ADDRESSES: '["10.0.0.0/8", "fd00::/8"]',
    EBB_MODULE_CA_FILE: "/ca.crt",
  };
  expect(readConfig({ ...env, ...settings }).modules).toEqual({
    maxSize: 1024 * 1024,
    cacheDir: "/var/cache/ebb",
    cacheSize: 256 * 1024 * 1024,
    caFile: "/ca.crt",
    mirrors: { "registry.example.com": ["https://mirror.example.com/hub"] },
    addresses: { allowed: [], denied: ["10.0.0.0/8", "fd00::/8"] },
  });
});

it("makes NetworkPolicies when it is told to, for the callers that it is told", () => {
  const callers = [{ podSelector: { matchLabels: { app: "frontend" } } }];
  const settings = { EBB_NETWORK_POLICIES: "true", EBB_NETWORK_POLICY_CALLERS: JSON.stringify(callers) };
  expect(readConfig({ ...env, ...settings }).networkPolicies).toEqual({ callers });
  expect(readConfig({ ...env, EBB_NETWORK_POLICIES: "true" }).networkPolicies).toEqual({ callers: [] });
  expect(readConfig(env).networkPolicies).toBeUndefined();
});
