/** One revision of an app: its files, its build, and the instances that run it. */
import { randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { Instance } from "./instance.ts";
import { invalid } from "./refused.ts";

interface Asset {
  readonly kind?: string;
  readonly encoding?: "utf-8" | "base64";
  readonly content?: string;
}

export interface RevisionConfig {
  readonly install?: string | null;
  readonly build?: string | null;
  readonly runtime?: { readonly type?: string; readonly entrypoint?: string };
}

export interface DeployBody {
  readonly assets?: Readonly<Record<string, Asset>>;
  readonly config?: RevisionConfig;
  readonly labels?: Readonly<Record<string, string>>;
  readonly env_vars?: readonly { readonly key: string; readonly value: string }[];
  readonly production?: boolean;
  readonly preview?: boolean;
}

export interface BuildLog {
  readonly timestamp: string;
  readonly level: "info" | "error";
  readonly message: string;
  readonly step: string;
}

type Status = "queued" | "building" | "succeeded" | "failed";

export class Revision {
  readonly id = randomBytes(6).toString("hex");
  readonly body: DeployBody;
  readonly config: RevisionConfig;
  readonly createdAt: string;
  readonly logs: BuildLog[] = [];
  status: Status = "queued";
  failureReason: "error" | "cancelled" | null = null;
  cancelledAt: string | null = null;
  finishedAt: string | null = null;
  output = "";
  readonly #folder: string;
  readonly #env: () => Readonly<Record<string, string>>;
  #instance: Instance | undefined;
  #built: Promise<void> | undefined;

  /** folder is its own; env gives the app's variables as they are then. Errors: Refused. */
  constructor(
    body: DeployBody,
    config: RevisionConfig,
    place: {
      readonly folder: string;
      readonly now: number;
      readonly env: () => Readonly<Record<string, string>>;
    },
  ) {
    this.body = body;
    this.config = config;
    this.createdAt = new Date(place.now).toISOString();
    this.#folder = join(place.folder, this.id);
    this.#env = place.env;
    const entrypoint = config.runtime?.entrypoint ?? "";
    if (body.assets?.[entrypoint] === undefined)
      throw invalid(`assets: there is no entrypoint "${entrypoint}"`);
    for (const path of Object.keys(body.assets))
      if (path.startsWith("/") || normalize(path).startsWith(".."))
        throw invalid(`assets: "${path}" leads out`);
  }

  /** A preview is started once; what cannot be, fails. */
  build(): Promise<void> {
    this.#built = this.#build();
    return this.#built;
  }

  async #build(): Promise<void> {
    this.status = "building";
    try {
      for (const [path, asset] of Object.entries(this.body.assets ?? {})) {
        const file = join(this.#folder, "src", path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, Buffer.from(asset.content ?? "", asset.encoding ?? "utf-8"));
      }
      if (this.body.preview === true) await this.instance().origin;
      this.#finish("succeeded", null);
    } catch (error) {
      this.log("error", error instanceof Error ? error.message : String(error));
      this.#finish("failed", "error");
    }
  }

  cancel(now: number): void {
    this.cancelledAt = new Date(now).toISOString();
    this.#finish("failed", "cancelled");
  }

  log(level: BuildLog["level"], message: string): void {
    this.logs.push({ timestamp: new Date().toISOString(), level, message, step: "deploying" });
  }

  /** One that runs, or is started. */
  instance(): Instance {
    if (this.#instance === undefined || this.#instance.isOver)
      this.#instance = new Instance({
        folder: join(this.#folder, "src"),
        entrypoint: this.config.runtime?.entrypoint ?? "",
        env: { ...this.#env(), DENO_DEPLOY: "true", DENO_DEPLOY_BUILD_ID: this.id },
        onOutput: (text) => (this.output += text),
      });
    return this.#instance;
  }

  async stop(): Promise<void> {
    await this.#instance?.kill();
    await this.#built;
    await this.#instance?.kill();
  }

  #finish(status: Status, reason: Revision["failureReason"]): void {
    if (this.finishedAt !== null) return;
    this.status = status;
    this.failureReason = reason;
    this.finishedAt = new Date().toISOString();
  }
}
