/** The part of Cloudflare's HTTP API that Ebb and wrangler use, with its envelopes and codes. */
import type { Account } from "./account.ts";
import { Script, type Share } from "./script.ts";
import { type Metadata, readUpload, Refused, type Version, versionOf } from "./version.ts";

interface Call {
  readonly account: Account;
  readonly request: Request;
  readonly query: URLSearchParams;
  /** What the groups of the pattern have matched. */
  readonly name: string;
  readonly id: string;
}

type Answer = (call: Call) => unknown;

const script = "/workers/scripts/(?<name>[^/]+)";

/** By method and path below the account. */
const endpoints: readonly (readonly [method: string, path: string, answer: Answer])[] = [
  ["GET", "/workers/subdomain", ({ account }) => ({ subdomain: account.subdomain })],
  ["GET", "/workers/scripts", ({ account }) => [...account.scripts.values()].map(listed)],
  ["PUT", script, put],
  ["DELETE", script, remove],
  ["GET", "/workers/services/(?<name>[^/]+)", service],
  ["DELETE", "/workers/services/(?<name>[^/]+)", remove],
  ["GET", "/workers/workers/(?<name>[^/]+)", worker],
  ["GET", `${script}/settings`, settings],
  ["PATCH", `${script}/script-settings`, patchSettings],
  ["GET", `${script}/subdomain`, (call) => ({ enabled: found(call).isPublic, previews_enabled: false })],
  ["POST", `${script}/subdomain`, setSubdomain],
  ["GET", `${script}/secrets`, (call) => secretsOf(found(call))],
  ["PUT", `${script}/secrets`, putSecret],
  ["GET", `${script}/versions`, (call) => ({ items: found(call).versions.toReversed().map(described) })],
  ["POST", `${script}/versions`, upload],
  ["GET", `${script}/versions/(?<id>[^/]+)`, (call) => described(found(call).find(call.id))],
  ["GET", `${script}/deployments`, (call) => ({ deployments: found(call).deployments })],
  ["POST", `${script}/deployments`, deploy],
  ["GET", "/workers/durable_objects/namespaces", () => []],
  ["GET", "/storage/kv/namespaces", () => []],
];
const patterns = endpoints.map(
  ([method, path, answer]) => ({ method, pattern: new RegExp(`^${path}$`), answer }) as const,
);

/** Errors: Refused. */
export async function answerCall(account: Account, request: Request): Promise<unknown> {
  const url = new URL(request.url);
  const path = account.pathOf(url.pathname);
  for (const { method, pattern, answer } of patterns) {
    const groups = method === request.method ? pattern.exec(path)?.groups : undefined;
    if (groups === undefined && !(method === request.method && pattern.test(path))) continue;
    const { name = "", id = "" } = groups ?? {};
    return await answer({ account, request, query: url.searchParams, name, id });
  }
  throw new Refused(404, 7003, `Could not route to ${request.method} ${path}.`);
}

function found({ account, name }: Call): Script {
  const existing = account.scripts.get(name);
  if (existing === undefined) throw new Refused(404, 10007, "This Worker does not exist on your account.");
  return existing;
}

async function put(call: Call): Promise<object> {
  const { account, name, request } = call;
  const former = account.scripts.get(name);
  const uploaded = await readUpload(request, account.limits.bytes);
  if (former === undefined && account.scripts.size >= account.limits.scripts)
    throw new Refused(403, 10037, "You have exceeded the limit of Workers on your account.");
  const target = former ?? new Script(name);
  const version = await admit(account, target, uploaded);
  target.tags = uploaded.metadata.tags ?? [];
  target.deploy([{ version_id: version.id, percentage: 100 }], {}, account.settled());
  account.scripts.set(name, target);
  return listed(target);
}

async function upload(call: Call): Promise<object> {
  const target = found(call);
  const version = await admit(
    call.account,
    target,
    await readUpload(call.request, call.account.limits.bytes),
  );
  target.touch();
  return { ...described(version), startup_time_ms: 1 };
}

/** Started once, as Cloudflare does before it takes a version. */
async function admit(
  { versions, runtime }: Account,
  target: Script,
  uploaded: { readonly metadata: Metadata; readonly modules: Version["modules"] },
): Promise<Version> {
  const version = versionOf(uploaded, target.versions.length + 1, target.live());
  versions.set(version.id, version);
  const problem = await runtime().check(version);
  if (problem !== undefined) {
    versions.delete(version.id);
    throw new Refused(400, 10021, `Uncaught ${problem.replace("Failed to start Worker:", "").trim()}`);
  }
  target.versions.push(version);
  return version;
}

async function deploy(call: Call): Promise<object> {
  const { versions, annotations = {} } = (await call.request.json()) as {
    versions: Share[];
    annotations?: Record<string, string>;
  };
  return found(call).deploy(versions, annotations, call.account.settled());
}

function remove(call: Call): null {
  found(call);
  call.account.scripts.delete(call.name);
  return null;
}

function service(call: Call): object {
  if (!call.account.scripts.has(call.name))
    throw new Refused(404, 10090, "This service does not exist on your account.");
  const target = found(call);
  return {
    id: call.name,
    default_environment: {
      environment: "production",
      script: { ...listed(target), last_deployed_from: "api" },
    },
  };
}

function worker(call: Call): object {
  const { isPublic } = found(call);
  return { id: call.name, name: call.name, subdomain: { enabled: isPublic, previews_enabled: false } };
}

function settings(call: Call): object {
  const target = found(call);
  const live = target.live();
  return {
    bindings: live?.bindings.map(shown) ?? [],
    tags: target.tags,
    compatibility_flags: live?.compatibilityFlags ?? [],
  };
}

async function patchSettings(call: Call): Promise<object> {
  const { tags } = (await call.request.json()) as { tags?: string[] };
  const target = found(call);
  if (tags !== undefined) target.tags = tags;
  return { tags: target.tags };
}

async function setSubdomain(call: Call): Promise<object> {
  const target = found(call);
  target.isPublic = ((await call.request.json()) as { enabled: boolean }).enabled;
  return { enabled: target.isPublic, previews_enabled: false };
}

function secretsOf(target: Script): object[] {
  const secrets = (target.live()?.bindings ?? []).filter(({ type }) => type === "secret_text");
  return secrets.map(({ name, type }) => ({ name, type }));
}

/** A version more, which is deployed at once. */
async function putSecret(call: Call): Promise<object> {
  const target = found(call);
  const secret = (await call.request.json()) as { name: string; text: string; type: string };
  const live = target.live();
  if (live === undefined) throw new Refused(400, 10214, "Nothing is deployed.");
  const version = await admit(call.account, target, {
    metadata: {
      main_module: live.mainModule,
      compatibility_date: live.compatibilityDate,
      compatibility_flags: live.compatibilityFlags,
      bindings: [...live.bindings.filter(({ name }) => name !== secret.name), secret],
    },
    modules: live.modules,
  });
  target.deploy([{ version_id: version.id, percentage: 100 }], {}, call.account.settled());
  return { name: secret.name, type: secret.type };
}

function listed({ name, etag, tags, createdOn, modifiedOn }: Script): object {
  return { id: name, tag: name, etag, tags, created_on: createdOn, modified_on: modifiedOn };
}

function described({ id, number, createdOn, tag, message, bindings, ...version }: Version): object {
  const { compatibilityDate, compatibilityFlags, cpuMs } = version;
  return {
    id,
    number,
    metadata: { created_on: createdOn, author_email: "", source: "api" },
    annotations: { "workers/tag": tag, ...(message === undefined ? {} : { "workers/message": message }) },
    resources: {
      bindings: bindings.map(shown),
      script: { etag: id, handlers: ["fetch"], last_deployed_from: "api" },
      script_runtime: {
        compatibility_date: compatibilityDate,
        compatibility_flags: compatibilityFlags,
        usage_model: "standard",
        ...(cpuMs === undefined ? {} : { limits: { cpu_ms: cpuMs } }),
      },
    },
  };
}

function shown({ name, type, text }: Version["bindings"][number]): object {
  return type === "plain_text" ? { name, type, text } : { name, type };
}
