/** Who asks: the ways in which registries want to know it, and where Kubernetes keeps the answer. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf, layouts } from "../../../test/kit/artifact.ts";
import { answerWith } from "../../../test/kit/fake-apiserver/fault.ts";
import { bearerToken, FakeRegistry, type FakeRegistryOptions } from "../../../test/kit/fake-registry.ts";
import { namespace, requestOf, SourceWorld } from "../../../test/kit/source-world.ts";
import { tinyCommand } from "../../../test/kit/tiny-wasm.ts";
import { serviceAccounts } from "../../kube/objects.ts";
import type { ModuleRequest } from "../found-module.ts";

const module = tinyCommand({ stdout: "one" });
const users = { robot: "pass:word" };
const auth = Buffer.from("robot:pass:word").toString("base64");

let world: SourceWorld;
let registry: FakeRegistry;
let asked: string[];

beforeEach(async () => {
  world = await SourceWorld.start();
  asked = [];
  world.server.onRequest(({ verb, kind, name }) => {
    asked.push(`${verb} ${kind.plural}/${name}`);
    return undefined;
  });
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await world.stop();
});

async function start(options: FakeRegistryOptions): Promise<void> {
  registry = await FakeRegistry.start(options);
  registry.push("shop/checkout", "1", layouts.cncf(module));
}

const specOf = (pullSecretRef?: { name: string }): ModuleRequest["spec"] => {
  const reference = `${registry.host}/shop/checkout:1`;
  const named = pullSecretRef === undefined ? {} : { pullSecretRef };
  return { abi: "Auto", oci: { reference, plainHTTP: true, ...named } };
};
const pull = async (pullSecretRef?: { name: string }, change: Partial<ModuleRequest> = {}) =>
  await world.open().resolve(requestOf(specOf(pullSecretRef), undefined, change));
const named = { name: "registry" };

describe.each(["Basic", "Bearer"] as const)("a registry that asks for %s", (challenge) => {
  beforeEach(() => start({ challenge, users }));

  it("gets the credentials of the Secret that is named", async () => {
    world.putPullSecret("registry", { [registry.host]: { auth } });
    expect((await pull(named)).module.digest).toBe(digestOf(module));
    expect(new Set(asked)).toEqual(new Set(["get secrets/registry"]));
    const sent = new Set(
      registry.requests
        .filter(({ path }) => path.startsWith("/v2/"))
        .map(({ authorization }) => authorization),
    );
    expect(sent).toEqual(
      new Set([undefined, challenge === "Basic" ? `Basic ${auth}` : `Bearer ${bearerToken}`]),
    );
  });

  it("gets those of the older form", async () => {
    world.putPullSecret("registry", { [registry.url]: { auth } }, ".dockercfg");
    expect((await pull(named)).module.digest).toBe(digestOf(module));
  });

  it("gets those of the workload's pods, else those of their account", async () => {
    world.putPullSecret("wrong", { "elsewhere.example.com": { auth } });
    world.putPullSecret("right", { [registry.host]: { auth } });
    const imagePullSecrets = [{ name: "none" }, { name: "wrong" }, { name: "right" }];
    expect((await pull(undefined, { imagePullSecrets: ["wrong", "right"] })).module.size).toBe(module.length);
    world.server.put(serviceAccounts, { metadata: { namespace, name: "robot" }, imagePullSecrets });
    expect((await pull(undefined, { serviceAccount: "robot" })).module.size).toBe(module.length);
    expect(asked).toContain("get serviceaccounts/robot");
  });

  it("refuses wrong ones, which are told nowhere", async () => {
    world.putPullSecret("registry", { [registry.host]: { username: "robot", password: "wrong-word" } });
    const failure = pull(named);
    await expect(failure).rejects.toMatchObject({ cause: { reason: "ModuleForbidden" } });
    await expect(failure).rejects.toThrow("It refused the credentials that Ebb found (1).");
    await expect(failure).rejects.not.toThrow("wrong-word");
  });

  it("tries all that fit", async () => {
    const wrong = { username: "robot", password: "wrong" };
    world.putPullSecret("registry", { [`${registry.host}/shop`]: wrong, [registry.host]: { auth } });
    expect((await pull(named)).module.size).toBe(module.length);
  });

  it("refuses who shows none", async () => {
    world.putPullSecret("registry", { "elsewhere.example.com": { auth } });
    await expect(pull(named)).rejects.toThrow(/Ebb found no credentials for it\. Name a Secret of the type/);
  });
});

describe("a pull Secret", () => {
  beforeEach(() => start({ challenge: "Bearer", users }));

  it("that is not there is named", async () => {
    await expect(pull(named)).rejects.toMatchObject({ cause: { reason: "PullSecretNotFound" } });
  });

  it("that may not be read is named with the Role that allows it", async () => {
    world.putPullSecret("registry", {});
    world.server.onRequest(({ kind }) =>
      kind.plural === "secrets" ? answerWith(403, "Forbidden") : undefined,
    );
    await expect(pull(named)).rejects.toMatchObject({ cause: { reason: "PullSecretForbidden" } });
    await expect(pull(named)).rejects.toThrow("--resource-name=registry");
    await expect(pull(undefined, { imagePullSecrets: ["registry"] })).rejects.toThrow(
      'Secret "registry" could not be read',
    );
  });

  it("in no form that is known is named without its values", async () => {
    world.putPullSecret("registry", { [registry.host]: { auth: "c2VjcmV0" } });
    await expect(pull(named)).rejects.toMatchObject({ cause: { reason: "PullSecretInvalid" } });
    world.putPullSecret("other", {}, "password");
    await expect(pull({ name: "other" })).rejects.toThrow("It has neither of the keys");
  });
});

it("reads no Secret for a registry that asks nobody who is there", async () => {
  await start({});
  await pull(named);
  expect(asked).toEqual([]);
});

it("takes a token for everybody where there are no credentials", async () => {
  await start({ challenge: "Bearer" });
  expect((await pull()).module.size).toBe(module.length);
  expect(registry.calls[1]).toBe("GET /token?service=fake&scope=repository%3Ashop%2Fcheckout%3Apull");
});

it("exchanges an identity token", async () => {
  await start({ challenge: "Bearer", identityToken: "refresh-me" });
  world.putPullSecret("registry", { [registry.host]: { auth: "", identitytoken: "refresh-me" } });
  expect((await pull(named)).module.size).toBe(module.length);
  const { body = "" } = registry.requests.find(({ method }) => method === "POST") ?? {};
  expect(Object.fromEntries(new URLSearchParams(body))).toMatchObject({
    grant_type: "refresh_token",
    refresh_token: "refresh-me",
    service: "fake",
    scope: "repository:shop/checkout:pull",
  });
});

it("sends no credentials to the host to which a blob is redirected", async () => {
  await using storage = await FakeRegistry.start();
  storage.push("shop/checkout", "1", layouts.cncf(module));
  await start({ challenge: "Basic", users, blobsAt: storage.url });
  world.putPullSecret("registry", { [registry.host]: { auth } });
  expect((await pull(named)).module.digest).toBe(digestOf(module));
  expect(storage.requests.map(({ path, authorization }) => [path.split("?")[1], authorization])).toEqual([
    ["signature=abc", undefined],
  ]);
});

it("shows no credentials to the host to which a blob is redirected, also when that asks for them", async () => {
  await using storage = await FakeRegistry.start({ challenge: "Bearer", users });
  await start({ challenge: "Basic", users, blobsAt: storage.url });
  world.putPullSecret("registry", { [registry.host]: { auth }, [storage.host]: { auth } });
  await expect(pull(named)).rejects.toThrow(`redirects to ${storage.host}, which refuses with 401`);
  expect(storage.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
});

it.each([
  ["Negotiate", "asks for negotiate to prove who asks"],
  ['Bearer realm="ftp://auth.example.com/token"', "names no https URL of a token server"],
  ['Bearer service="x"', "names no https URL of a token server"],
])("refuses the challenge %s", async (challenge, says) => {
  await start({
    script: (_request, response) => {
      response.writeHead(401, { "www-authenticate": challenge }).end();
      return true;
    },
  });
  await expect(pull()).rejects.toThrow(says);
});
