/** The part of Deno Deploy's API, version 2, that Ebb and Deno's SDK use. */
import { App } from "./app.ts";
import { changedEnv, type EnvChange, shownEnv } from "./env-vars.ts";
import { invalid, notFound, Refused } from "./refused.ts";
import { type DeployBody, Revision, type RevisionConfig } from "./revision.ts";

export interface Organization {
  readonly slug: string;
  readonly apps: Map<string, App>;
  /** All that there ever were. */
  readonly made: App[];
  /** Where revisions have their files. */
  readonly folder: string;
  now(): number;
  /** When what changes now is seen by requests, milliseconds since the epoch. */
  settled(): number;
}

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly lines?: readonly unknown[];
  readonly link?: string;
}

interface Call {
  readonly organization: Organization;
  readonly query: URLSearchParams;
  readonly body: unknown;
  readonly id: string;
}

const app = "/apps/(?<id>[^/]+)";
const revision = "/revisions/(?<id>[^/]+)";

const endpoints: readonly (readonly [
  method: string,
  path: string,
  answer: (call: Call) => Answer | Promise<Answer>,
])[] = [
  ["GET", "/apps", list],
  ["POST", "/apps", create],
  ["GET", app, (call) => ({ status: 200, body: shownApp(appOf(call)) })],
  ["PATCH", app, change],
  ["DELETE", app, remove],
  ["POST", `${app}/deploy`, deploy],
  ["GET", `${app}/revisions`, revisions],
  ["GET", `${app}/timelines`, timelines],
  ["GET", revision, (call) => ({ status: 200, body: shownRevision(revisionOf(call)) })],
  ["POST", `${revision}/cancel`, cancel],
  ["GET", `${revision}/build_logs`, (call) => ({ status: 200, lines: revisionOf(call).logs })],
];
const patterns = endpoints.map(
  ([method, path, answer]) => ({ method, pattern: new RegExp(`^${path}$`), answer }) as const,
);

/** url is below the version of the API. Errors: Refused. */
export async function answerCall(
  organization: Organization,
  { method, url, body }: { readonly method: string; readonly url: URL; readonly body: unknown },
): Promise<Answer> {
  for (const { pattern, answer, ...endpoint } of patterns) {
    const match = endpoint.method === method ? pattern.exec(url.pathname) : null;
    if (match === null) continue;
    return await answer({ organization, query: url.searchParams, body, id: match.groups?.["id"] ?? "" });
  }
  throw notFound(`${method} ${url.pathname}`);
}

function list({ organization, query }: Call): Answer {
  const wanted = [...query].flatMap(([name, value]) => {
    const label = /^labels\[(.+)\]$/.exec(name)?.[1];
    return label === undefined ? [] : [[label, value] as const];
  });
  const found = [...organization.apps.values()].filter(({ labels }) =>
    wanted.every(([name, value]) => labels[name] === value),
  );
  return page(query, found, "/apps", (each) => {
    const { env_vars: _env, config: _config, ...rest } = shownApp(each);
    return rest;
  });
}

interface AppBody {
  readonly slug?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env_vars?: readonly EnvChange[];
  readonly config?: RevisionConfig;
}

const mostLabels = 5;

function create({ organization, body }: Call): Answer {
  const { slug = "", labels = {}, env_vars = [], config = {} } = body as AppBody;
  if (!/^[a-z][a-z0-9-]{2,62}$/.test(slug)) throw invalid(`slug: "${slug}" is not allowed`);
  if (Object.keys(labels).length > mostLabels) throw invalid(`labels: at most ${mostLabels} are allowed`);
  if (organization.apps.has(slug))
    throw new Refused(409, "SLUG_ALREADY_IN_USE", `The slug ${slug} is in use`);
  const made = new App(slug, labels, config);
  made.env = changedEnv([], env_vars);
  organization.apps.set(slug, made);
  organization.made.push(made);
  return { status: 200, body: shownApp(made) };
}

function change(call: Call): Answer {
  const found = appOf(call);
  const { labels, env_vars, config } = call.body as AppBody;
  if (env_vars !== undefined) found.env = changedEnv(found.env, env_vars);
  if (labels !== undefined) found.labels = labels;
  if (config !== undefined) found.config = config;
  found.touch();
  return { status: 200, body: shownApp(found) };
}

async function remove(call: Call): Promise<Answer> {
  const found = appOf(call);
  call.organization.apps.delete(found.slug);
  await found.stop();
  return { status: 204 };
}

function deploy(call: Call): Answer {
  const found = appOf(call);
  const { organization } = call;
  const body = call.body as DeployBody;
  const made = new Revision(body, body.config ?? found.config, {
    folder: organization.folder,
    now: organization.now(),
    env: () => Object.fromEntries(found.env.map(({ key, value }) => [key, value])),
  });
  found.revisions.unshift(made);
  void made.build().then(() => {
    if (made.status === "succeeded" && body.production !== false)
      found.routes.unshift({ from: organization.settled(), revision: made });
  });
  return { status: 202, body: { ...shownRevision(made), status: "queued" } };
}

function revisions(call: Call): Answer {
  const { query } = call;
  const status = query.get("status");
  const found = appOf(call).revisions.filter((each) => status === null || each.status === status);
  return page(query, found, `/apps/${call.id}/revisions`, shownRevision);
}

function timelines(call: Call): Answer {
  const { id, slug } = appOf(call);
  const domains = [{ domain: `${slug}.${call.organization.slug}.deno.net` }];
  const production = {
    slug: "production",
    partition: {},
    app: { id, slug },
    context: { slug: "production" },
  };
  return { status: 200, body: [{ ...production, domains }] };
}

function cancel(call: Call): Answer {
  const found = revisionOf(call);
  if (found.finishedAt !== null) throw invalid(`Revision ${found.id} is not being built`);
  found.cancel(call.organization.now());
  return { status: 200, body: shownRevision(found) };
}

const mostOnPage = 100;

function page<Item>(
  query: URLSearchParams,
  items: readonly Item[],
  path: string,
  show: (item: Item) => object,
): Answer {
  const limit = Number(query.get("limit") ?? 30);
  if (!(limit >= 1 && limit <= mostOnPage)) throw invalid(`limit: must be 1 to ${mostOnPage}`);
  const from = Number(query.get("cursor") ?? 0);
  const body = items.slice(from, from + limit).map(show);
  if (from + limit >= items.length) return { status: 200, body };
  const next = new URLSearchParams(query);
  next.set("cursor", `${from + limit}`);
  return { status: 200, body, link: `<https://api.deno.com/v2${path}?${next.toString()}>; rel="next"` };
}

function appOf({ organization, id }: Call): App {
  const found = organization.apps.get(id) ?? [...organization.apps.values()].find((each) => each.id === id);
  if (found === undefined) throw notFound(`App ${id}`);
  return found;
}

function revisionOf({ organization, id }: Call): Revision {
  const found = [...organization.apps.values()]
    .flatMap((each) => each.revisions)
    .find((each) => each.id === id);
  if (found === undefined) throw notFound(`Revision ${id}`);
  return found;
}

function shownApp({ id, slug, labels, env, config, createdAt, updatedAt }: App) {
  const times = { created_at: createdAt, updated_at: updatedAt };
  return { id, slug, labels, layers: [], env_vars: shownEnv(env), config, ...times };
}

function shownRevision({ id, status, body, config, ...rest }: Revision): object {
  const { labels = {}, env_vars = [] } = body;
  return {
    id,
    status,
    failure_reason: rest.failureReason,
    labels,
    layers: [],
    env_vars,
    config,
    created_at: rest.createdAt,
    cancellation_requested_at: rest.cancelledAt,
    build_finished_at: rest.finishedAt,
    deleted_at: null,
  };
}
