/** Keeps what a namespace's functions have of their gateway, also of those whose own passes do not come that far. */
import type { Logger } from "pino";
import { done, type Outcome, pending } from "../../api/outcome.ts";
import type { ConfigReader, GatewayConfig } from "./config-reader.ts";
import type { GatewayKeeper } from "./gateway-objects.ts";
import { NameTaken } from "./name-taken.ts";
import { renderConfig } from "./render-config.ts";
import type { GatewayEntry } from "./entry.ts";
import type { GatewayWriter } from "./writer.ts";

export interface GatewayUpkeepDeps {
  readonly reader: ConfigReader;
  readonly writer: GatewayWriter;
  readonly keeper: GatewayKeeper;
  /** Whether the EdgeFunction of an entry still exists. */
  readonly isAlive: (namespace: string, entry: GatewayEntry) => Promise<boolean>;
  readonly log: Logger;
}

/**
 * Guarantees: entries that somebody removed are put back as they were, all in one write, since a gateway closes the port of
 * a function that it does not find; they are known for as long as this process has led.
 */
export class GatewayUpkeep {
  readonly #deps: GatewayUpkeepDeps;
  /** Configurations that are rendered as this version of Ebb renders them. */
  readonly #rendered = new WeakSet<GatewayConfig>();

  constructor(deps: GatewayUpkeepDeps) {
    this.#deps = deps;
  }

  /** Done when the gateway's configuration and objects are as its entries ask; says nothing of the pods. */
  async keep(namespace: string): Promise<Outcome> {
    const { reader, writer, keeper } = this.#deps;
    try {
      let gateway = await reader.read(namespace);
      if (await this.#restore(namespace)) gateway = await reader.read(namespace);
      const [entry] = gateway?.entries ?? [];
      if (gateway === undefined || entry === undefined) return done;
      if (!this.#isRendered(gateway)) {
        // Written by another version of Ebb, or by a person: a write renders everything again.
        await writer.change(namespace, entry.key, (stored) => stored);
        gateway = await reader.read(namespace);
        if (gateway === undefined)
          return pending("GatewayLeaving", "The gateway is being removed and made again.");
        this.#rendered.add(gateway);
      }
      return await keeper.ensure(gateway.config);
    } catch (error) {
      if (error instanceof NameTaken) return error.outcome;
      throw error;
    }
  }

  /** True when it has put entries back. */
  async #restore(namespace: string): Promise<boolean> {
    const { reader, writer, isAlive, log } = this.#deps;
    const lost = reader.lost(namespace);
    if (lost.length === 0) return false;
    const alive: GatewayEntry[] = [];
    for (const entry of lost) {
      if (await isAlive(namespace, entry)) alive.push(entry);
      else reader.forget(namespace, entry.key);
    }
    if (alive.length === 0) return false;
    log.warn(
      { namespace, functions: alive.map(({ name }) => name) },
      "the gateway's configuration lacks functions that it serves, putting them back",
    );
    await writer.restore(namespace, alive);
    return true;
  }

  #isRendered(gateway: GatewayConfig): boolean {
    if (this.#rendered.has(gateway)) return true;
    const { data = {} } = gateway.config;
    const wanted = Object.entries(renderConfig(gateway.entries));
    if (!wanted.every(([file, text]) => data[file] === text)) return false;
    this.#rendered.add(gateway);
    return true;
  }
}
