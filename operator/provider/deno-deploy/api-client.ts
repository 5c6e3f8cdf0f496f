/** Calls of Deno Deploy's API, version 2: only those that Ebb makes, each within the budget of its token. */
import type { Dispatcher } from "undici";
import type { Clock } from "../../api/clock.ts";
import { CallBudget, type Rate } from "../hosted/call-budget.ts";
import { NoAnswer, parse, redacted, type Sent, send } from "../hosted/send.ts";
import { DenoError } from "./deno-error.ts";
import { type Labelled, managedBy } from "./names.ts";

export interface ApiOptions {
  /** In no error. */
  readonly token: string;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  /** Told of every call that was answered. */
  readonly onCall?: ((method: string, status: number) => void) | undefined;
}

export interface App extends Labelled {
  readonly slug: string;
  readonly updated_at?: string;
}

/** A variable that is set, or, with `delete`, taken away. */
export interface EnvChange {
  readonly key: string;
  readonly value?: string;
  readonly secret?: boolean;
  readonly contexts?: "all";
  readonly delete?: true;
}

/** A file of a revision. */
export interface Asset {
  readonly kind: "file";
  readonly encoding: "utf-8" | "base64";
  readonly content: string;
}

export interface Revision extends Labelled {
  readonly id: string;
  readonly status: "skipped" | "queued" | "building" | "succeeded" | "failed";
  readonly failure_reason?: string | null;
  readonly created_at: string;
}

interface BuildLog {
  readonly level?: string;
  readonly message?: string;
}

/** What the process is started with; nothing is installed or built. */
export const config = {
  install: null,
  build: null,
  runtime: { type: "dynamic", entrypoint: "ebb-main.js" },
} as const;

const url = "https://api.deno.com/v2";
/** Deno publishes no limit; this is Ebb's own, so that it never is a burden. */
const rate: Rate = { atOnce: 300, perMs: 300 / 60_000, blockMs: 60_000 };
/** Apps in an answer, the most that there may be. */
const page = 100;

interface Options {
  readonly body?: object;
  readonly accept?: string;
  /** Of the body: in no error. */
  readonly secrets?: readonly string[];
}

/** Errors of every call: DenoError; BudgetSpent when it was not made. */
export class DenoApi {
  readonly #options: ApiOptions;
  readonly #budget: CallBudget;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.clock, rate);
  }

  /** All of Ebb's in the organization. */
  async apps(): Promise<readonly App[]> {
    const apps: App[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ [`labels[${managedBy.name}]`]: managedBy.value, limit: `${page}` });
      if (cursor !== undefined) query.set("cursor", cursor);
      const answer = await this.#send("GET", `/apps?${query.toString()}`);
      const found = parse(answer.text);
      if (!Array.isArray(found)) throw new DenoError(502, undefined, "no list of apps");
      apps.push(...(found as readonly App[]));
      cursor = nextCursor(answer.header("link"));
    } while (cursor !== undefined);
    return apps;
  }

  /** Whether the token opens the organization. */
  async check(): Promise<void> {
    await this.#send("GET", "/apps?limit=1");
  }

  app(slug: string): Promise<App> {
    return this.#call<App>("GET", `/apps/${slug}`);
  }

  /** Names of the app's variables. */
  async variables(slug: string): Promise<string[]> {
    const { env_vars = [] } = await this.#call<{ readonly env_vars?: readonly { readonly key: string }[] }>(
      "GET",
      `/apps/${slug}`,
    );
    return env_vars.map(({ key }) => key);
  }

  createApp(slug: string, labels: Labelled["labels"], env_vars: readonly EnvChange[]): Promise<App> {
    const body = { slug, labels, config, env_vars };
    return this.#call<App>("POST", "/apps", { body, secrets: valuesOf(env_vars) });
  }

  /** Variables that are not named stay as they are. */
  async changeVariables(slug: string, env_vars: readonly EnvChange[]): Promise<void> {
    await this.#call("PATCH", `/apps/${slug}`, { body: { env_vars }, secrets: valuesOf(env_vars) });
  }

  /**
   * The preview is what makes Deno Deploy start the process once before requests are given to it: a revision that
   * cannot be started fails.
   */
  deploy(
    slug: string,
    assets: Readonly<Record<string, Asset>>,
    labels: Labelled["labels"],
  ): Promise<Revision> {
    const body = { assets, config, labels, production: true, preview: true };
    return this.#call<Revision>("POST", `/apps/${slug}/deploy`, { body });
  }

  async newestRevision(slug: string): Promise<Revision | undefined> {
    const [revision] = await this.#call<readonly Revision[]>("GET", `/apps/${slug}/revisions?limit=1`);
    return revision;
  }

  async cancel(revision: string): Promise<void> {
    await this.#call("POST", `/revisions/${revision}/cancel`);
  }

  /** What the build of a revision that is over had to say of its errors; all of it when it named none. */
  async buildErrors(revision: string): Promise<string[]> {
    const accept = "application/x-ndjson";
    const { text } = await this.#send("GET", `/revisions/${revision}/build_logs`, { accept });
    const logs = text.split("\n").flatMap((line) => (parse(line) as BuildLog | undefined) ?? []);
    const errors = logs.filter(({ level }) => level === "error");
    return (errors.length === 0 ? logs : errors).map(({ message = "" }) => message);
  }

  /** Done also when there is none of the name. */
  async deleteApp(slug: string): Promise<void> {
    try {
      await this.#send("DELETE", `/apps/${slug}`);
    } catch (error) {
      if (!(error instanceof DenoError) || error.status !== 404) throw error;
    }
  }

  async #call<Result>(method: string, path: string, options: Options = {}): Promise<Result> {
    const { status, text } = await this.#send(method, path, options);
    const result = parse(text);
    if (result === undefined) throw new DenoError(502, undefined, `status ${status} and no JSON`);
    return result as Result;
  }

  async #send(method: string, path: string, options: Options = {}): Promise<Sent> {
    const { token, dispatcher, onCall } = this.#options;
    const { body, accept = "application/json", secrets = [] } = options;
    this.#budget.take();
    const headers = {
      authorization: `Bearer ${token}`,
      accept,
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    };
    const call = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await send(`${url}${path}`, call, dispatcher).catch((cause: unknown) => {
      throw cause instanceof NoAnswer ? new DenoError(0, undefined, cause.message, { cause }) : cause;
    });
    onCall?.(method, answer.status);
    if (answer.status < 300) return answer;
    if (answer.status === 429) this.#budget.refused(answer.retryAfter);
    const { code, message } = problemIn(answer.text);
    const { status, retryAfter } = answer;
    throw new DenoError(status, code, redacted(message, [token, ...secrets]), { retryAfter });
  }
}

function valuesOf(changes: readonly EnvChange[]): string[] {
  return changes.flatMap(({ value }) => value ?? []);
}

/** Deno's SDK reads `code` and `message`; descriptions of the API have `error` for the latter. */
function problemIn(text: string): { readonly code: string | undefined; readonly message: string } {
  const { code, message, error } = (parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  const words = [message, error].find((each): each is string => typeof each === "string");
  return { code: typeof code === "string" ? code : undefined, message: words ?? "no reason is given" };
}

/** Of a header such as `<https://api.deno.com/v2/apps?cursor=abc>; rel="next"`. */
function nextCursor(link: string | undefined): string | undefined {
  const next = /<([^>]*)>\s*;\s*rel="?next"?/.exec(link ?? "")?.[1];
  return next === undefined ? undefined : (new URL(next, url).searchParams.get("cursor") ?? undefined);
}
