/** Modules that must be signed, in a registry with the real protocol. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf, layouts, type TestArtifact } from "../../../../test/kit/artifact.ts";
import { answerWith } from "../../../../test/kit/fake-apiserver/fault.ts";
import { FakeRegistry } from "../../../../test/kit/fake-registry.ts";
import {
  bundleArtifact,
  bundleSignature,
  createSigner,
  signatureTag,
  type Signer,
  simpleSignature,
} from "../../../../test/kit/signatures.ts";
import { namespace, requestOf, SourceWorld } from "../../../../test/kit/source-world.ts";
import { tinyCommand } from "../../../../test/kit/tiny-wasm.ts";
import { secrets } from "../../../kube/objects.ts";
import type { FoundModule } from "../../found-module.ts";
import type { ModuleSources } from "../../module-sources.ts";

const repository = "shop/checkout";
const one = tinyCommand({ stdout: "one" });
const two = tinyCommand({ stdout: "two" });
const signer = createSigner();
const stranger = createSigner();

let world: SourceWorld;
let registry: FakeRegistry;
let sources: ModuleSources;

beforeEach(async () => {
  world = await SourceWorld.start();
  registry = await FakeRegistry.start();
  sources = world.open();
  putKey(signer.publicKey);
});

afterEach(async () => {
  await registry[Symbol.asyncDispose]();
  await world.stop();
});

function putKey(text: string, key = "cosign.pub"): void {
  const at = { namespace, name: "signer" };
  if (world.server.read(secrets, at) !== undefined) world.server.remove(secrets, at);
  world.server.put(secrets, { metadata: at, data: { [key]: Buffer.from(text).toString("base64") } });
}

const ref = { name: "signer", key: "cosign.pub" };
const spec = (change: object = {}) => ({
  abi: "Auto" as const,
  oci: { reference: `${registry.host}/${repository}:1`, plainHTTP: true },
  verification: { publicKeySecretRef: ref },
  ...change,
});
const resolve = (known?: FoundModule, change: object = {}) => sources.resolve(requestOf(spec(change), known));
const push = (module: Uint8Array = one) => registry.push(repository, "1", layouts.cncf(module));
/** Under the tag that cosign 2 makes. */
const tag = (digest: string, signature: TestArtifact) =>
  registry.push(repository, signatureTag(digest), signature);
const blobs = () => registry.calls.filter((call) => call.includes("/blobs/"));
const refused = (reason: string, message = "") => ({
  cause: { reason, message: expect.stringContaining(message) as string },
});

const forms: [string, (digest: string, by: Signer) => void][] = [
  ["under a tag", (digest, by) => void tag(digest, simpleSignature(digest, by))],
  ["in a bundle", (digest, by) => registry.refer(repository, digest, bundleSignature(digest, by))],
];

describe.each(forms)("a module with a signature %s", (_form, sign) => {
  it.each(["ec", "rsa"] as const)("is taken when the %s key has made it", async (type) => {
    const by = createSigner(type);
    putKey(by.publicKey);
    const digest = push();
    sign(digest, by);
    const found = await resolve();
    expect(found.module).toMatchObject({
      digest: digestOf(one),
      artifact: { digest, signedBy: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string },
    });
  });

  it("is refused when somebody else has made it, and nothing of it is downloaded", async () => {
    const digest = push();
    const before = blobs().length;
    sign(digest, stranger);
    await expect(resolve()).rejects.toMatchObject(
      refused("SignatureInvalid", "was not made with the key. Find out who pushed it"),
    );
    const layer = layouts.cncf(one).blobs[1]?.digest ?? "";
    expect(blobs().slice(before).join()).not.toContain(layer);
  });

  it("is taken when a stranger has signed it too, and when one of several keys has made it", async () => {
    const digest = push();
    putKey(`old\n${stranger.publicKey}${signer.publicKey}`);
    sign(digest, signer);
    registry.refer(repository, digest, bundleSignature(digest, createSigner()));
    expect((await resolve()).module.digest).toBe(digestOf(one));
  });
});

describe("a signature of another module", () => {
  it.each<[string, (signed: string, digest: string) => void]>([
    ["under its tag", (signed, digest) => void tag(digest, simpleSignature(signed, signer))],
    [
      "that refers to it",
      (signed, digest) => {
        const {
          blobs: [, bundle],
        } = bundleSignature(signed, signer);
        const text = Buffer.from(bundle?.bytes ?? []).toString("utf8");
        registry.refer(repository, digest, bundleArtifact(digest, text));
      },
    ],
  ])("is told as what it is %s", async (_where, arrange) => {
    const signed = push();
    const digest = push(two);
    arrange(signed, digest);
    await expect(resolve()).rejects.toMatchObject(
      refused("SignatureMismatch", `is genuine and signs ${signed}`),
    );
  });

  it("that has moved with the tag is none of the new one's", async () => {
    const signed = push();
    tag(signed, simpleSignature(signed, signer));
    const first = await resolve();
    const digest = push(two);
    const again = await resolve(first);
    expect(again.module.digest).toBe(digestOf(one));
    await expect(resolve()).rejects.toMatchObject(refused("SignatureMissing", `@${digest} has no signature`));
  });
});

it.each<[string, string, (digest: string) => void]>([
  ["no signature", "SignatureMissing", () => undefined],
  [
    "an attestation",
    "SignatureMissing",
    (digest) =>
      registry.refer(
        repository,
        digest,
        bundleSignature(digest, signer, (statement) => ({
          ...statement,
          predicateType: "https://slsa.dev/provenance/v1",
        })),
      ),
  ],
  [
    "a bundle that is none",
    "SignatureInvalid",
    (digest) => registry.refer(repository, digest, bundleArtifact(digest, "{}")),
  ],
  [
    "a document of another type",
    "SignatureInvalid",
    (digest) =>
      void tag(
        digest,
        simpleSignature(digest, signer, (payload) => ({ ...payload, critical: {} })),
      ),
  ],
  [
    "a signature that is listed and is gone",
    "SignatureInvalid",
    (digest) => {
      registry.refer(repository, digest, bundleSignature(digest, signer));
      registry.script = ({ path }, response) => {
        const isSignature = path.includes("/manifests/sha256:");
        if (isSignature) response.writeHead(404).end();
        return isSignature;
      };
    },
  ],
])("a module with %s is refused with %s", async (_what, reason, arrange) => {
  arrange(push());
  await expect(resolve()).rejects.toMatchObject(refused(reason));
});

describe("a registry that lists referrers", () => {
  beforeEach(async () => {
    await registry[Symbol.asyncDispose]();
    registry = await FakeRegistry.start({ listsReferrers: true });
  });

  it("is asked for the list, and for the tag of cosign 2 when nothing in it holds", async () => {
    const digest = push();
    registry.refer(repository, digest, bundleSignature(digest, stranger));
    tag(digest, simpleSignature(digest, signer));
    expect((await resolve()).module.digest).toBe(digestOf(one));
    expect(registry.calls).toContain(`GET /v2/${repository}/referrers/${digest}`);
    expect(registry.calls.join("\n")).not.toContain(`/manifests/${digest.replace(":", "-")}\n`);
  });

  it("is asked for so many signatures and no more", async () => {
    const digest = push();
    const many = Array.from({ length: 130 }, () => bundleSignature(digest, stranger));
    registry.refer(repository, digest, ...many, bundleSignature(digest, signer));
    await expect(resolve()).rejects.toMatchObject(refused("SignatureInvalid", "; 125 more. Find out"));
  });

  it("may give the list in pages", async () => {
    const digest = push();
    const signature = bundleSignature(digest, signer);
    registry.refer(repository, digest, signature);
    const path = `/v2/${repository}/referrers/${digest}`;
    registry.script = (request, response) => {
      if (!request.path.startsWith(path) || request.path.includes("last=1")) return false;
      const link = "<https://elsewhere.example.com/list?last=1>; rel=next";
      response.writeHead(200, { "content-type": "application/vnd.oci.image.index.v1+json", link });
      response.end('{"manifests":[]}');
      return true;
    };
    expect((await resolve()).module.digest).toBe(digestOf(one));
    expect(registry.calls).toContain(`GET ${path}?last=1`);
  });
});

it("a signature that a mirror lacks is asked of the registry", async () => {
  await using mirror = await FakeRegistry.start({ listsReferrers: true });
  sources = world.open({ mirrors: { [registry.host]: [mirror.url] } });
  mirror.push(repository, "1", layouts.cncf(one));
  const digest = push();
  await expect(resolve()).rejects.toMatchObject(refused("SignatureMissing"));
  tag(digest, simpleSignature(digest, signer));
  await world.clock.advance(30_000);
  expect((await resolve()).module.digest).toBe(digestOf(one));
});

it("a registry that is away while signatures are looked for is asked again", async () => {
  push();
  registry.script = ({ path }, response) => {
    if (path.endsWith(".sig")) response.writeHead(503).end();
    return path.endsWith(".sig");
  };
  await expect(resolve()).rejects.toMatchObject({ cause: { name: "SourceUnavailable" } });
});

describe("a module that is known", () => {
  let digest: string;
  let known: FoundModule;

  beforeEach(async () => {
    digest = push();
    tag(digest, simpleSignature(digest, signer));
    known = await resolve();
  });

  it("is not asked for again while its key is the same, also by a process that has just started", async () => {
    await registry.stop();
    sources = world.open({}, "empty");
    expect((await resolve(known)).module).toEqual(known.module);
  });

  it("must be signed with the key that is demanded now", async () => {
    putKey(stranger.publicKey);
    sources = world.open();
    await expect(resolve(known)).rejects.toMatchObject(refused("SignatureInvalid"));
    registry.refer(repository, digest, bundleSignature(digest, stranger));
    await world.clock.advance(30_000);
    const again = await resolve(known);
    expect(again.module).toMatchObject({ digest: digestOf(one) });
    expect(again.module.artifact?.signedBy).not.toBe(known.module.artifact?.signedBy);
  });

  it("must be signed as soon as that is demanded, and need not be when it is not", async () => {
    const unsigned = await resolve(known, { verification: undefined });
    expect(unsigned.module.artifact).toEqual({ reference: spec().oci.reference, digest });
    registry.push(repository, signatureTag(digest), layouts.cncf(one));
    await expect(resolve(unsigned)).rejects.toMatchObject(refused("SignatureMissing"));
  });

  it("is left alone when its tag moves to what is not signed, until that is", async () => {
    const followed = { updatePolicy: "Poll", pollInterval: "1m" };
    const first = await resolve(known, followed);
    const moved = push(two);
    await world.clock.advance(60_000);
    await expect(resolve(first, followed)).rejects.toMatchObject(refused("SignatureMissing", moved));
    tag(moved, simpleSignature(moved, signer));
    await world.clock.advance(30_000);
    expect((await resolve(first, followed)).module).toMatchObject({
      digest: digestOf(two),
      artifact: { digest: moved },
    });
  });
});

describe("a key", () => {
  it.each<[string, () => void, string, string]>([
    [
      "whose Secret is not there",
      () => world.server.remove(secrets, { namespace, name: "signer" }),
      "VerificationKeyNotFound",
      'names Secret "signer", which does not exist in namespace "shop". Create it there with: kubectl',
    ],
    [
      "that its Secret lacks",
      () => putKey("x", "other"),
      "VerificationKeyNotFound",
      'key is "cosign.pub", which Secret "signer" does not have. It has 1 others.',
    ],
    [
      "that is none",
      () => putKey("word"),
      "VerificationKeyInvalid",
      'leads to "cosign.pub" of Secret "signer", which holds no PEM block',
    ],
    [
      "that Ebb may not read",
      () =>
        world.server.onRequest(({ kind }) =>
          kind.plural === "secrets" ? answerWith(403, "Forbidden") : undefined,
        ),
      "VerificationKeyForbidden",
      "kubectl --namespace shop create role ebb-signer",
    ],
  ])("%s is told before a registry is asked", async (_what, arrange, reason, message) => {
    arrange();
    push();
    await expect(resolve()).rejects.toMatchObject(refused(reason, message));
    expect(registry.calls).toEqual([]);
  });
});
