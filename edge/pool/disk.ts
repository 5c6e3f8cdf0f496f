/**
 * What outlives the process, on volumes of the pod: artifacts by digest on the node's disk; the manifest, which may hold
 * values from Secrets, and what was going on when the process died, in memory.
 */
import type { Fetcher } from "./host.ts";

/** Errors: every call throws when the disk answers with anything but what is named here. */
export class Disk {
  readonly #data: Fetcher;
  readonly #state: Fetcher;

  constructor(data: Fetcher, state: Fetcher) {
    this.#data = data;
    this.#state = state;
  }

  /** Hex digests of the artifacts that are there. */
  async artifacts(): Promise<string[]> {
    const response = await this.#data.fetch("http://disk/artifacts/");
    if (response.status === 404) return [];
    const entries = (await this.#expect(response, "list artifacts").json()) as { name: string }[];
    return entries.map((entry) => entry.name);
  }

  /** undefined when there is none. */
  async readArtifact(hex: string): Promise<Response | undefined> {
    const response = await this.#data.fetch(`http://disk/artifacts/${hex}`);
    return response.status === 404 ? undefined : this.#expect(response, "read an artifact");
  }

  async writeArtifact(hex: string, bytes: ArrayBuffer): Promise<void> {
    await this.#write(this.#data, `artifacts/${hex}`, bytes);
  }

  async removeArtifact(hex: string): Promise<void> {
    const response = await this.#data.fetch(`http://disk/artifacts/${hex}`, { method: "DELETE" });
    if (response.status !== 404) this.#expect(response, "remove an artifact");
  }

  /** undefined when there is no such file. */
  async readJson(name: string): Promise<unknown> {
    const response = await this.#state.fetch(`http://disk/${name}`);
    return response.status === 404 ? undefined : this.#expect(response, `read ${name}`).json();
  }

  async writeJson(name: string, value: unknown): Promise<void> {
    await this.#write(this.#state, name, JSON.stringify(value));
  }

  async #write(service: Fetcher, path: string, body: ArrayBuffer | string): Promise<void> {
    const response = await service.fetch(`http://disk/${path}`, { method: "PUT", body });
    this.#expect(response, `write ${path}`);
  }

  #expect(response: Response, what: string): Response {
    if (!response.ok) throw new Error(`the disk answered ${response.status} to: ${what}`);
    return response;
  }
}
