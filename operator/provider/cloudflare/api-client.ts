/** Calls of Cloudflare's HTTP API: only those that Ebb makes, each within the budget of its token. */
import { type Dispatcher, fetch, type FormData } from "undici";
import type { Clock } from "../../api/clock.ts";
import { CallBudget } from "./call-budget.ts";
import { CloudflareError } from "./cloudflare-error.ts";

export interface ApiOptions {
  readonly accountID: string;
  /** In no error. */
  readonly token: string;
  readonly clock: Clock;
  readonly dispatcher: Dispatcher;
  /** Told of every call that was answered. */
  readonly onCall?: ((method: string, status: number) => void) | undefined;
}

/** A script as the list of all has it. */
export interface ListedScript {
  readonly id: string;
  readonly tags?: readonly string[] | null;
  readonly etag?: string;
  readonly modified_on?: string;
}

export interface Share {
  readonly version_id: string;
  readonly percentage: number;
}

interface Envelope {
  readonly success?: boolean;
  readonly errors?: readonly { readonly code?: number; readonly message?: string }[] | null;
  readonly result?: unknown;
}

const url = "https://api.cloudflare.com/client/v4";
const timeoutMs = 60_000;
/** Characters of Cloudflare's words in a message. */
const longestMessage = 600;

/** Errors of every call: CloudflareError; BudgetSpent when it was not made. */
export class ApiClient {
  readonly #options: ApiOptions;
  readonly #budget: CallBudget;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.clock);
  }

  async subdomain(): Promise<string> {
    return ((await this.#call("GET", "/workers/subdomain")) as { readonly subdomain: string }).subdomain;
  }

  /** All of the account. */
  async scripts(): Promise<readonly ListedScript[]> {
    return (await this.#call("GET", "/workers/scripts")) as readonly ListedScript[];
  }

  /** Makes a script, or replaces one, and gives its only version all requests. */
  async putScript(name: string, form: FormData): Promise<void> {
    await this.#call("PUT", `/workers/scripts/${name}?excludeScript=true`, form);
  }

  /** Lets the script answer below workers.dev, and its versions by no name of their own. */
  async enableSubdomain(name: string): Promise<void> {
    const body = { enabled: true, previews_enabled: false };
    await this.#call("POST", `/workers/scripts/${name}/subdomain`, body);
  }

  /** Id of the new version, which takes no request yet. */
  async uploadVersion(name: string, form: FormData): Promise<string> {
    return ((await this.#call("POST", `/workers/scripts/${name}/versions`, form)) as { readonly id: string })
      .id;
  }

  /** Shares of requests; they add up to 100. */
  async deploy(name: string, versions: readonly Share[]): Promise<void> {
    await this.#call("POST", `/workers/scripts/${name}/deployments`, { strategy: "percentage", versions });
  }

  /** The version with the largest share now; undefined when there is none. */
  async deployedVersion(name: string): Promise<string | undefined> {
    const { deployments } = (await this.#call("GET", `/workers/scripts/${name}/deployments`)) as {
      readonly deployments: readonly { readonly versions: readonly Share[] }[];
    };
    const shares = deployments[0]?.versions ?? [];
    return shares.toSorted((left, right) => right.percentage - left.percentage)[0]?.version_id;
  }

  /** The tag that a version was uploaded with; empty when it has none. */
  async versionTag(name: string, id: string): Promise<string> {
    const { annotations } = (await this.#call("GET", `/workers/scripts/${name}/versions/${id}`)) as {
      readonly annotations?: Readonly<Record<string, string>>;
    };
    return annotations?.["workers/tag"] ?? "";
  }

  /** Done also when there is none of the name. */
  async deleteScript(name: string): Promise<void> {
    try {
      await this.#call("DELETE", `/workers/scripts/${name}?force=true`);
    } catch (error) {
      if (!(error instanceof CloudflareError) || error.kind !== "notFound") throw error;
    }
  }

  async #call(method: string, path: string, body?: FormData | object): Promise<unknown> {
    const { accountID, token, dispatcher, onCall } = this.#options;
    this.#budget.take();
    const isForm = body?.constructor.name === "FormData";
    const answer = await fetch(`${url}/accounts/${accountID}${path}`, {
      method,
      dispatcher,
      redirect: "error",
      signal: AbortSignal.timeout(timeoutMs),
      headers: {
        authorization: `Bearer ${token}`,
        "user-agent": "ebb",
        ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined ? {} : { body: isForm ? (body as FormData) : JSON.stringify(body) }),
    }).catch((cause: unknown) => {
      throw new CloudflareError(0, undefined, `it cannot be reached: ${codeOf(cause)}`, { cause });
    });
    const text = await answer.text().catch((cause: unknown) => {
      throw new CloudflareError(0, undefined, `its answer broke off: ${codeOf(cause)}`, { cause });
    });
    onCall?.(method, answer.status);
    this.#budget.learn(answer.headers.get("ratelimit") ?? undefined);
    const envelope = parse(text);
    if (answer.ok && envelope?.success === true) return envelope.result;
    throw this.#failure(answer.status, envelope, answer.headers.get("retry-after"));
  }

  #failure(status: number, envelope: Envelope | undefined, retryAfter: string | null): CloudflareError {
    const { code, message = "no reason is given" } = envelope?.errors?.[0] ?? {};
    const seconds = /^\d+$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
    const wait = seconds === undefined ? undefined : seconds * 1000;
    if (status === 429 || code === 971) this.#budget.refused(wait);
    const words = message.replaceAll(this.#options.token, "[redacted]").replaceAll(/\s+/g, " ");
    return new CloudflareError(status, code, words.slice(0, longestMessage), { retryAfter: wait });
  }
}

function parse(text: string): Envelope | undefined {
  try {
    return JSON.parse(text) as Envelope;
  } catch {
    // A page of something in between: its status says enough.
    return undefined;
  }
}

function codeOf(error: unknown): string {
  const { cause } = error as { readonly cause?: unknown };
  const inner = cause instanceof Error ? cause : error;
  if (inner instanceof Error && "code" in inner && typeof inner.code === "string") return inner.code;
  return inner instanceof Error ? inner.name : String(inner);
}
