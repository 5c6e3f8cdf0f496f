import { KubeConfig } from "@kubernetes/client-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { loadCustomKinds } from "../../test/kit/fake-apiserver/custom-kinds.ts";
import { type FakeApiServer, startFakeApiServer } from "../../test/kit/fake-apiserver/fake-api-server.ts";
import { answerWith } from "../../test/kit/fake-apiserver/fault.ts";
import { ManualClock } from "../../test/kit/manual-clock.ts";
import { systemClock } from "../api/system-clock.ts";
import type { EdgeFunctionSpecEnv } from "../api/v1alpha1/generated/edge-function.ts";
import { ApiCaller } from "../kube/api-caller.ts";
import { Connection } from "../kube/connection.ts";
import { HttpKubeClient } from "../kube/http-client.ts";
import { configMaps, secrets } from "../kube/objects.ts";
import { createEnvSource, type EnvSource, type ResolvedEnv } from "./env-source.ts";

const namespace = "shop";
const keys = { namespace, name: "keys" };
const settings = { namespace, name: "settings" };
const fromSecret = (key = "token", optional = false): EdgeFunctionSpecEnv => ({
  name: "TOKEN",
  valueFrom: { secretKeyRef: { name: "keys", key, optional } },
});
const fromConfigMap = (key = "level", optional = false): EdgeFunctionSpecEnv => ({
  name: "LEVEL",
  valueFrom: { configMapKeyRef: { name: "settings", key, optional } },
});

let server: FakeApiServer;
let clock: ManualClock;
let source: EnvSource;
let asked: string[];

beforeEach(async () => {
  server = await startFakeApiServer({ customKinds: loadCustomKinds() });
  clock = new ManualClock();
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromString(server.kubeconfig());
  const connection = new Connection({ kubeConfig, clock: systemClock });
  source = createEnvSource(
    new HttpKubeClient({ caller: new ApiCaller({ connection, clock: systemClock }) }),
    clock,
  );
  asked = [];
  server.onRequest(({ verb, kind }) => {
    asked.push(`${verb} ${kind.plural}`);
    return undefined;
  });
});

afterEach(() => server.stop());

function putSecret(values: Readonly<Record<string, string | Buffer>>): void {
  const data = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
  if (server.read(secrets, keys) === undefined) server.put(secrets, { metadata: keys, data });
  else server.change(secrets, keys, (live) => ({ ...live, data }));
}

function read(...variables: readonly EdgeFunctionSpecEnv[]): Promise<ResolvedEnv> {
  return source.read(
    namespace,
    variables,
    (name) => server.read(configMaps, { namespace, name })?.metadata.resourceVersion,
  );
}

async function revision(): Promise<string | undefined> {
  return (await read(fromSecret())).secretEnv["TOKEN"]?.revision;
}

async function said(...variables: readonly EdgeFunctionSpecEnv[]): Promise<string> {
  const error = await refusal(...variables);
  return error instanceof Error ? error.message : "";
}

async function refusal(...variables: readonly EdgeFunctionSpecEnv[]): Promise<unknown> {
  return read(...variables).catch((error: unknown) => error);
}

it("keeps values from Secrets apart from those that anybody may read", async () => {
  putSecret({ token: "secret" });
  server.put(configMaps, { metadata: settings, data: { level: "debug" } });
  const { env, secretEnv } = await read({ name: "A", value: "" }, fromSecret(), fromConfigMap());
  expect(env).toEqual({ A: "", LEVEL: "debug" });
  expect(secretEnv).toEqual({
    TOKEN: { value: "secret", revision: expect.stringMatching(/^keys\/token@/) as string },
  });
});

describe("of a Secret", () => {
  it("asks once in 20 seconds", async () => {
    putSecret({ token: "one" });
    await read(fromSecret());
    await read(fromSecret());
    putSecret({ token: "two" });
    await clock.advance(19_999);
    expect((await read(fromSecret())).secretEnv["TOKEN"]?.value).toBe("one");
    await clock.advance(1);
    expect((await read(fromSecret())).secretEnv["TOKEN"]?.value).toBe("two");
    expect(asked).toEqual(["get secrets", "get secrets"]);
  });

  it("gives a value another revision when it changes, and only then", async () => {
    putSecret({ token: "one", other: "a" });
    const first = await revision();
    putSecret({ token: "one", other: "b" });
    await clock.advance(20_000);
    expect(await revision()).toBe(first);
    putSecret({ token: "two", other: "b" });
    await clock.advance(20_000);
    const second = await revision();
    expect(second).not.toBe(first);
    putSecret({ token: "one", other: "b" });
    await clock.advance(20_000);
    expect([first, second]).not.toContain(await revision());
  });

  it("looks again at once for what was not there", async () => {
    expect(await refusal(fromSecret())).toMatchObject({ reason: "EnvNotFound" });
    putSecret({ other: "a" });
    expect(await refusal(fromSecret())).toMatchObject({ reason: "EnvNotFound" });
    putSecret({ other: "a", token: "one" });
    expect((await read(fromSecret())).secretEnv["TOKEN"]?.value).toBe("one");
  });
});

it("asks for a ConfigMap again only when it has changed", async () => {
  server.put(configMaps, { metadata: settings, data: { level: "debug" } });
  await read(fromConfigMap());
  await read(fromConfigMap());
  server.change(configMaps, settings, (live) => ({ ...live, data: { level: "info" } }));
  expect((await read(fromConfigMap())).env).toEqual({ LEVEL: "info" });
  expect(asked).toEqual(["get configmaps", "get configmaps"]);
});

it("leaves out what is optional and not there", async () => {
  putSecret({ other: "a" });
  expect(await read(fromSecret("token", true), fromConfigMap("level", true))).toEqual({
    env: {},
    secretEnv: {},
  });
});

it("takes a name that objects have by themselves", async () => {
  const { env } = await read({ name: "__proto__", value: "mine" });
  expect(Object.entries(env)).toEqual([["__proto__", "mine"]]);
});

describe("refuses, naming field, finding and cure:", () => {
  it("a Secret that is not there", async () => {
    expect(await said({ name: "A", value: "" }, fromSecret())).toBe(
      'spec.env[1].valueFrom.secretKeyRef names Secret "keys", which does not exist in namespace "shop". Create it there, correct the name, or set optional: true.',
    );
  });

  it("a key that is not there, without telling what a Secret's keys are called", async () => {
    putSecret({ hidden: "a" });
    server.put(configMaps, { metadata: settings, data: { seen: "a" } });
    expect(await said(fromSecret())).toBe(
      'spec.env[0].valueFrom.secretKeyRef.key is "token", which Secret "keys" does not have. It has 1 others. Add the key, correct the reference, or set optional: true.',
    );
    expect(await said(fromConfigMap())).toContain('ConfigMap "settings" does not have. Its keys: seen.');
  });

  it.each([
    ["NUL bytes", Buffer.from("hidden\0text")],
    ["bytes that are no UTF-8", Buffer.from([0x68, 0x69, 0xff])],
  ])("%s, without telling them", async (_what, token) => {
    putSecret({ token });
    expect(await refusal(fromSecret())).toMatchObject({ reason: "EnvInvalid" });
    expect(await said(fromSecret())).toMatch(/^spec\.env\[0\]\.valueFrom\.secretKeyRef leads to \d+ bytes/);
    expect(await said(fromSecret())).not.toMatch(/hidden|hi\b/);
  });

  it("more than 64 KiB", async () => {
    putSecret({ token: "x".repeat(65_000) });
    server.put(configMaps, { metadata: settings, data: { level: "y".repeat(537) } });
    expect(await refusal(fromSecret(), fromConfigMap())).toMatchObject({
      reason: "EnvInvalid",
      message:
        "The values that spec.env takes from Secrets and ConfigMaps have 65537 bytes; at most 65536 are allowed. Refer to less.",
    });
  });

  it("a Secret that the operator may not read", async () => {
    putSecret({ token: "one" });
    server.onRequest(({ kind }) => (kind.plural === "secrets" ? answerWith(403, "Forbidden") : undefined));
    expect(await refusal(fromSecret())).toMatchObject({ reason: "EnvForbidden" });
    expect(await said(fromSecret())).toContain(
      "kubectl --namespace shop create role ebb-keys --verb=get --resource=secrets --resource-name=keys",
    );
  });
});
