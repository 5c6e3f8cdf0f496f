/** The edges that Ebb publishes to, held to one behaviour. */
import { type Dispatcher, request } from "undici";
import type { FunctionIdentity } from "../../operator/api/function-identity.ts";
import { ports } from "../../operator/api/v1alpha1/names.ts";
import { configMaps } from "../../operator/kube/objects.ts";
import { scriptName } from "../../operator/provider/cloudflare/names.ts";
import { appName } from "../../operator/provider/deno-deploy/names.ts";
import { builtModules } from "../kit/built-modules.ts";
import { cloudflareEdges, specOf } from "../kit/cloudflare-edge.ts";
import { denoEdges, denoSpecOf } from "../kit/deno-edge.ts";
import { startFakeCloudflare } from "../kit/fake-cloudflare/fake-cloudflare.ts";
import { shownEnv } from "../kit/fake-deno/env-vars.ts";
import { startFakeDeno } from "../kit/fake-deno/fake-deno.ts";
import { identityOf } from "../kit/identity-of.ts";
import { namespace, worker, WorkerdWorld } from "../kit/workerd-world.ts";
import { type Answer, describeProvider, type EdgeUnderTest, type Sent } from "./provider-suite.ts";

type Options = Parameters<typeof request>[1];

async function sendTo(url: string, { method, headers, body }: Sent, options: Options): Promise<Answer> {
  const answer = await request(url, {
    ...options,
    method: method ?? "GET",
    headers: { ...headers, ...(options?.headers as object) },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.statusCode, headers: answer.headers, text: await answer.body.text() };
}

async function startPool(): Promise<EdgeUnderTest> {
  const world = await WorkerdWorld.start();
  const { provider } = world.operator;
  const address = "127.63.7.1";
  await provider.publish(world.identity("first"), worker("first"));
  await world.startWorkerdPod("pool-0", address);
  const namesOf = () =>
    world.server.readAll(configMaps, namespace).flatMap(({ data = {} }) => Object.keys(data));
  return {
    provider,
    another: () => world.another().provider,
    identity: (name) => world.identity(name),
    send: (fn: FunctionIdentity, version: string, sent: Sent = {}) => {
      const url = `http://${address}:${ports.poolHttp}${sent.path ?? "/"}`;
      return sendTo(url, sent, { headers: provider.upstream(fn, version).headers });
    },
    left: ({ key }) => namesOf().filter((name) => name.includes(key)),
    readable: () => JSON.stringify(world.server.readAll(configMaps, namespace)),
    stop: () => world.stop(),
  };
}

/** As the gateway tells it: see envoy-public-edge.test.ts, where a real one does. */
function sendOutside(dispatcher: Dispatcher, host: string, sent: Sent = {}): Promise<Answer> {
  const told = { "x-ebb-host": sent.headers?.["host"] ?? host, "x-ebb-forwarded-proto": "http", host };
  return sendTo(`https://${host}${sent.path ?? "/"}`, sent, { headers: told, dispatcher });
}

async function startCloudflare(): Promise<EdgeUnderTest> {
  const [fake, modules] = await Promise.all([
    startFakeCloudflare({ settleMs: 50 }),
    builtModules("cloudflare"),
  ]);
  const make = () => cloudflareEdges(fake, modules).provider(specOf(fake), "shop");
  const provider = make();
  const shown = (): unknown =>
    [...fake.account.scripts.values()].map(({ versions, tags }) => [
      tags,
      versions.map(({ bindings, tag, message }) => [
        tag,
        message,
        bindings.filter(({ type }) => type !== "secret_text"),
      ]),
    ]);
  return {
    provider,
    another: make,
    identity: identityOf,
    send: (fn, version, sent) => sendOutside(fake.dispatcher, provider.upstream(fn, version).host, sent),
    left: ({ key }) => [...fake.account.scripts.keys()].filter((name) => name === scriptName(key)),
    readable: () => JSON.stringify([shown(), fake.calls]),
    stop: async () => {
      await Promise.all([fake.stop(), modules.remove()]);
    },
  };
}

async function startDeno(): Promise<EdgeUnderTest> {
  const [fake, modules] = await Promise.all([startFakeDeno({ settleMs: 50 }), builtModules("deno")]);
  const make = () => denoEdges(fake, modules).provider(denoSpecOf(fake), "shop");
  const provider = make();
  const apps = () => [...fake.organization.apps.values()];
  const shown = (): unknown =>
    apps().map(({ labels, env, revisions }) => [labels, shownEnv(env), revisions.map(({ body }) => body)]);
  return {
    provider,
    another: make,
    identity: identityOf,
    send: (fn, version, sent) => sendOutside(fake.dispatcher, provider.upstream(fn, version).host, sent),
    left: ({ key }) => apps().flatMap(({ slug }) => (slug === appName(key) ? [slug] : [])),
    readable: () => JSON.stringify([shown(), fake.calls]),
    stop: async () => {
      await Promise.all([fake.stop(), modules.remove()]);
    },
  };
}

describeProvider("the workerd pool", startPool);
describeProvider("Deno Deploy", startDeno, {
  noFormerVersions: "an app's timeline has one active revision; the next takes over when it is built",
});
describeProvider("Cloudflare Workers", startCloudflare, {
  noFormerVersions:
    "a deployment gives all requests to one version; the next takes over when it is published",
});
