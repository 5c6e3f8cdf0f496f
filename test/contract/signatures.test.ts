/** Signatures that the real cosign pushes to the real registry, beside what cosign itself says of them. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { secrets } from "../../operator/kube/objects.ts";
import type { ModuleRequest } from "../../operator/module/found-module.ts";
import { digestOf } from "../kit/artifact.ts";
import { signatureTag } from "../kit/signatures.ts";
import { namespace, requestOf, SourceWorld } from "../kit/source-world.ts";
import { tinyCommand } from "../kit/tiny-wasm.ts";
import { Cosign, type SignatureForm } from "./registry/cosign.ts";
import { RealRegistry } from "./registry/real-registry.ts";

let world: SourceWorld;
let registry: RealRegistry;
let cosign: Cosign;
let stranger: Cosign;
let pushed = 0;

beforeAll(async () => {
  world = await SourceWorld.start();
  registry = await RealRegistry.start();
  cosign = await Cosign.create();
  stranger = await Cosign.create();
  putKey("signer", cosign);
});

afterAll(async () => {
  await registry[Symbol.asyncDispose]();
  await world.stop();
  await Promise.all([cosign[Symbol.asyncDispose](), stranger[Symbol.asyncDispose]()]);
});

function putKey(name: string, { publicKey }: Cosign): void {
  const data = { "cosign.pub": Buffer.from(publicKey).toString("base64") };
  world.server.put(secrets, { metadata: { namespace, name }, data });
}

/** A tag of its own with a module of its own. */
let tag: string;
let module: Uint8Array;
/** With the digest that the tag has. */
let reference: string;

beforeEach(async () => {
  pushed += 1;
  tag = `${registry.host}/checkout:${pushed}`;
  module = tinyCommand({ stdout: `module ${pushed}` });
  reference = await push(module);
});

async function push(bytes: Uint8Array): Promise<string> {
  await registry.oras(`checkout:${pushed}`, { "app.wasm:application/wasm": bytes });
  return `${registry.host}/checkout@${await registry.crane("digest", `HOST/checkout:${pushed}`)}`;
}

const specOf = (secret = "signer"): ModuleRequest["spec"] => ({
  abi: "Auto",
  oci: { reference: tag, plainHTTP: true },
  verification: { publicKeySecretRef: { name: secret, key: "cosign.pub" } },
});
/** By an operator with an empty disk. */
const pull = async (secret?: string) =>
  await world.open({}, crypto.randomUUID()).resolve(requestOf(specOf(secret)));
/** Where cosign 2 keeps what signs the artifact, for crane. */
const signaturesOf = (name: string) => `HOST/checkout:${signatureTag(name.split("@")[1] ?? "")}`;
const refused = (reason: string) => ({ cause: { reason } });

describe.each<SignatureForm>(["tag", "referrer", "bundle"])("a signature as %s", (form) => {
  test("is taken from cosign", async () => {
    await cosign.sign(reference, form);
    expect((await pull()).module).toMatchObject({
      digest: digestOf(module),
      artifact: { reference: tag, digest: reference.split("@")[1] },
    });
    expect(await cosign.verifies(reference, form)).toBe(true);
  });

  test("of somebody else is refused, as cosign does, until the right one is beside it", async () => {
    await stranger.sign(reference, form);
    await expect(pull()).rejects.toMatchObject(refused("SignatureInvalid"));
    expect(await cosign.verifies(reference, form)).toBe(false);
    await cosign.sign(reference, form);
    expect((await pull()).module.digest).toBe(digestOf(module));
    // Of several such referrers cosign looks at one only.
    if (form !== "referrer") expect(await cosign.verifies(reference, form)).toBe(true);
  });

  test("does not follow its tag to another module", async () => {
    await cosign.sign(reference, form);
    await push(tinyCommand({ stdout: "other" }));
    await expect(pull()).rejects.toMatchObject(refused("SignatureMissing"));
  });

  test("of an RSA key is taken", async () => {
    await using rsa = await Cosign.create("rsa");
    putKey(`rsa-${form}`, rsa);
    await rsa.sign(reference, form);
    expect((await pull(`rsa-${form}`)).module.digest).toBe(digestOf(module));
  });
});

test("a signature under the tag of another module is told as what it is", async () => {
  await cosign.sign(reference, "tag");
  const other = await push(tinyCommand({ stdout: "other" }));
  await registry.crane("copy", signaturesOf(reference), signaturesOf(other));
  await expect(pull()).rejects.toMatchObject(refused("SignatureMismatch"));
});

test("a module without a signature is refused, and so is one that is attested only", async () => {
  await expect(pull()).rejects.toMatchObject(refused("SignatureMissing"));
  await cosign.attest(reference);
  await expect(pull()).rejects.toMatchObject(refused("SignatureMissing"));
});
