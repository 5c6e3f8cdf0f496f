/** The scripts of an account, their versions and deployments. */
import { createHash, randomUUID } from "node:crypto";
import { Refused, type Version } from "./version.ts";

export interface Share {
  readonly version_id: string;
  readonly percentage: number;
}

export interface Deployment {
  readonly id: string;
  readonly created_on: string;
  readonly versions: readonly Share[];
  readonly annotations: Readonly<Record<string, string>>;
}

export class Script {
  readonly name: string;
  readonly createdOn = new Date().toISOString();
  modifiedOn = this.createdOn;
  tags: readonly string[] = [];
  /** Whether it answers at its name below workers.dev. */
  isPublic = false;
  readonly versions: Version[] = [];
  /** The newest first. */
  readonly deployments: Deployment[] = [];
  /** Deployments, and when requests follow them. */
  readonly #seen: { readonly from: number; readonly deployment: Deployment }[] = [];

  constructor(name: string) {
    this.name = name;
  }

  get etag(): string {
    const ids = this.versions.map(({ id }) => id).join();
    return createHash("sha256").update(ids).digest("hex");
  }

  find(id: string): Version {
    const version = this.versions.find((each) => each.id === id);
    if (version === undefined) throw new Refused(404, 10222, `No version ${id} of ${this.name}.`);
    return version;
  }

  /** The version with the largest share. */
  live(): Version | undefined {
    const shares = this.deployments[0]?.versions.toSorted((a, b) => b.percentage - a.percentage);
    return shares?.[0] === undefined ? undefined : this.find(shares[0].version_id);
  }

  deploy(versions: readonly Share[], annotations: Deployment["annotations"], from: number): Deployment {
    const sum = versions.reduce((total, { percentage }) => total + percentage, 0);
    if (versions.length < 1 || versions.length > 2 || sum !== 100)
      throw new Refused(400, 10217, "A deployment has one or two versions whose percentages add up to 100.");
    for (const { version_id } of versions) this.find(version_id);
    const deployment = { id: randomUUID(), created_on: new Date().toISOString(), versions, annotations };
    this.deployments.unshift(deployment);
    this.#seen.unshift({ from, deployment });
    this.touch();
    return deployment;
  }

  touch(): void {
    this.modifiedOn = `${new Date().toISOString().slice(0, -1)}${String(this.#touches++).padStart(3, "0")}Z`;
  }
  #touches = 0;

  /** Which version answers a request at now; undefined while the script is not known everywhere. */
  route(now: number, override: string | undefined): Version | undefined {
    const shares = this.#seen.find(({ from }) => from <= now)?.deployment.versions;
    const named = shares?.find(({ version_id }) => version_id === override);
    const picked = named ?? shares?.toSorted((a, b) => b.percentage - a.percentage)[0];
    return picked === undefined ? undefined : this.find(picked.version_id);
  }
}
