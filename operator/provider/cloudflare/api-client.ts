/** Calls of Cloudflare's HTTP API: only those that Ebb makes, each within the budget of its token. */
import type { Dispatcher, FormData } from "undici";
import type { Clock } from "../../api/clock.ts";
import { CallBudget, type Rate } from "../hosted/call-budget.ts";
import { NoAnswer, parse, redacted, send } from "../hosted/send.ts";
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
/** Cloudflare takes 1,200 in five minutes, then none for five. */
const rate: Rate = { atOnce: 600, perMs: 600 / 300_000, blockMs: 300_000 };

/** Errors of every call: CloudflareError; BudgetSpent when it was not made. */
export class ApiClient {
  readonly #options: ApiOptions;
  readonly #budget: CallBudget;

  constructor(options: ApiOptions) {
    this.#options = options;
    this.#budget = new CallBudget(options.clock, rate);
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
    const answer = await send(
      `${url}/accounts/${accountID}${path}`,
      {
        method,
        headers: {
          authorization: `Bearer ${token}`,
          ...(body === undefined || isForm ? {} : { "content-type": "application/json" }),
        },
        ...(body === undefined ? {} : { body: isForm ? (body as FormData) : JSON.stringify(body) }),
      },
      dispatcher,
    ).catch((cause: unknown) => {
      throw cause instanceof NoAnswer ? new CloudflareError(0, undefined, cause.message, { cause }) : cause;
    });
    onCall?.(method, answer.status);
    this.#budget.learn(answer.header("ratelimit"));
    const envelope = parse(answer.text) as Envelope | undefined;
    if (answer.status < 300 && envelope?.success === true) return envelope.result;
    throw this.#failure(answer.status, envelope, answer.retryAfter);
  }

  #failure(status: number, envelope: Envelope | undefined, retryAfter: number | undefined): CloudflareError {
    const { code, message = "no reason is given" } = envelope?.errors?.[0] ?? {};
    if (status === 429 || code === 971) this.#budget.refused(retryAfter);
    return new CloudflareError(status, code, redacted(message, [this.#options.token]), { retryAfter });
  }
}
