/** One app: its variables, its revisions, and which of them answers. */
import { randomUUID } from "node:crypto";
import type { EnvVar } from "./env-vars.ts";
import type { Revision, RevisionConfig } from "./revision.ts";

export class App {
  readonly id = randomUUID();
  readonly createdAt = new Date().toISOString();
  readonly slug: string;
  updatedAt = this.createdAt;
  labels: Readonly<Record<string, string>>;
  config: RevisionConfig;
  env: readonly EnvVar[] = [];
  /** The newest first. */
  readonly revisions: Revision[] = [];
  /** Revisions of the production timeline, and when requests follow them; the newest first. */
  readonly routes: { readonly from: number; readonly revision: Revision }[] = [];

  constructor(slug: string, labels: App["labels"], config: RevisionConfig) {
    this.slug = slug;
    this.labels = labels;
    this.config = config;
  }

  touch(): void {
    this.updatedAt = `${new Date().toISOString().slice(0, -1)}${String(this.#touches++).padStart(3, "0")}Z`;
  }
  #touches = 0;

  /** What answers a request at now. */
  active(now: number): Revision | undefined {
    return this.routes.find(({ from }) => from <= now)?.revision;
  }

  async stop(): Promise<void> {
    await Promise.all(this.revisions.map((revision) => revision.stop()));
  }
}
