/** A raw client for an API server that is under test, and what a suite needs to know of it. */
import { setTimeout as delay } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { expect } from "vitest";
import { systemClock } from "../../../../operator/api/system-clock.ts";
import { Connection } from "../../../../operator/kube/connection.ts";
import { isObject, type JsonObject } from "../json.ts";

export interface ApiUnderTest {
  readonly kubeConfig: KubeConfig;
  readonly stop: () => Promise<void>;
}

export interface Reply {
  readonly code: number;
  readonly body: JsonObject;
}

export interface Call {
  readonly body?: unknown;
  readonly type?: string;
  readonly accept?: string;
}

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One event of a watch. */
interface WatchEvent {
  readonly type: string;
  readonly object: JsonObject;
}

export interface RawWatch {
  /** The next event; fails when none comes within 10 s. */
  next(): Promise<WatchEvent>;
  stop(): void;
}

export class RawApi {
  readonly #connection: Connection;

  constructor(kubeConfig: KubeConfig) {
    this.#connection = new Connection({ kubeConfig, clock: systemClock, userAgent: "suite/1" });
  }

  async call(method: Method, path: string, call: Call = {}): Promise<Reply> {
    const reply = await this.#send(method, path, call, AbortSignal.timeout(30_000));
    const text = await reply.body.text();
    const body: unknown = text === "" ? {} : JSON.parse(text);
    return { code: reply.statusCode, body: isObject(body) ? body : {} };
  }

  /** As call, but fails unless the answer is a success. */
  async ok(method: Method, path: string, call: Call = {}): Promise<JsonObject> {
    const { code, body } = await this.call(method, path, call);
    expect({ code, message: code < 300 ? "" : body["message"] }).toEqual({
      code: code < 300 ? code : 200,
      message: "",
    });
    return body;
  }

  async watch(path: string, call: Call = {}): Promise<RawWatch> {
    const stop = new AbortController();
    const reply = await this.#send("GET", path, call, stop.signal);
    const events = eventsOf(reply.body);
    return {
      next: async () => {
        const event = await Promise.race([events.next(), delay(10_000, undefined, { ref: false })]);
        if (event === undefined || event.done === true) throw new Error("the watch sent no event");
        return event.value;
      },
      stop: () => stop.abort(),
    };
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  #send(
    method: Method,
    path: string,
    { body, type = "application/json", accept = "application/json" }: Call,
    signal: AbortSignal,
  ) {
    return this.#connection.send({
      method,
      path,
      accept,
      ...(body === undefined ? {} : { body: { type, text: JSON.stringify(body) } }),
      signal,
      headersTimeoutMs: 30_000,
      bodyTimeoutMs: 60_000,
    });
  }
}

async function* eventsOf(body: AsyncIterable<Uint8Array>): AsyncGenerator<WatchEvent, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield JSON.parse(line) as WatchEvent;
  }
  return undefined;
}

export const mergePatch = "application/merge-patch+json";
export const jsonPatch = "application/json-patch+json";
export const applyPatch = "application/apply-patch+yaml";

/** What every group of the suite works with. */
export interface Bench {
  readonly api: RawApi;
  /** The namespace of the group, there and empty at its start. */
  readonly namespace: string;
  /** Path of a collection of core objects in the namespace, or of one object. */
  core(plural: string, name?: string): string;
  /** As core, for a group and version such as `apps/v1`. */
  grouped(groupVersion: string, plural: string, name?: string): string;
}

export type Open = () => Bench;

/** Repeats until check passes; fails with its last error after 20 s. */
export async function eventually(check: () => Promise<void>): Promise<void> {
  await expect
    .poll(
      async () =>
        await check().then(
          () => "ok",
          (error: unknown) => String(error),
        ),
      { timeout: 20_000, interval: 20 },
    )
    .toBe("ok");
}
