/** What Ebb relies on of @dot-i/k8s-operator: fails when the library has a method that OperatorBase does not cover. */
import { readFileSync } from "node:fs";
import dotI from "@dot-i/k8s-operator";
import { expect, test } from "vitest";
import { OperatorBase } from "./operator-base.ts";

/** Methods that do no I/O of their own; start only calls init. */
const pure = ["constructor", "start", "errorToJson"];
/** Called by overridden methods of the library only, so never. */
const unreachable = ["resourceStatusRequest"];

const library = dotI.default.prototype;
const methods = Object.getOwnPropertyNames(library);
/** The constructor's source is that of the whole class. */
const bodies = methods.filter((name) => name !== "constructor");
const overridden = methods.filter(
  (name) => !pure.includes(name) && Object.hasOwn(OperatorBase.prototype, name),
);

function sourceOf(name: string): string {
  const descriptor = Object.getOwnPropertyDescriptor(library, name);
  return Function.prototype.toString.call(descriptor?.value);
}

test("every method of the library is overridden, pure or unreachable", () => {
  const covered = [...overridden, ...pure, ...unreachable];
  expect(methods.filter((name) => !covered.includes(name))).toEqual([]);
  expect([...pure, ...unreachable].filter((name) => !methods.includes(name))).toEqual([]);
});

test("the library has no accessors that could hide I/O", () => {
  const descriptors = Object.values(Object.getOwnPropertyDescriptors(library));
  expect(descriptors.filter((descriptor) => typeof descriptor.value !== "function")).toEqual([]);
});

test("start is no more than a call of init", () => {
  expect(sourceOf("start").replaceAll(/\s+/g, " ")).toBe("async start() { await this.init(); }");
});

test("unreachable methods are called by overridden ones only", () => {
  for (const name of unreachable) {
    const callers = bodies.filter((method) => sourceOf(method).includes(`.${name}(`));
    expect(callers.length).toBeGreaterThan(0);
    expect(callers.filter((caller) => !overridden.includes(caller))).toEqual([]);
  }
});

test("only overridden methods of the library end the process", () => {
  const ending = bodies.filter((name) => sourceOf(name).includes("process.exit"));
  expect(ending).toEqual(["watchResource"]);
  expect(overridden).toContain("watchResource");
});

interface Lock {
  readonly packages: Record<
    string,
    { readonly version?: string; readonly dependencies?: Record<string, string> }
  >;
}

test("the lock file has one client-node of version 2 and nothing of the old client's tree", () => {
  const lock = JSON.parse(readFileSync("package-lock.json", "utf8")) as Lock;
  const packages = Object.entries(lock.packages).map(([path, entry]) => ({
    name: path.slice(path.lastIndexOf("node_modules/") + "node_modules/".length),
    ...entry,
  }));
  const names = packages.map((entry) => entry.name);
  expect(names.filter((name) => ["request", "tough-cookie", "request-promise"].includes(name))).toEqual([]);
  const clients = packages.filter((entry) => entry.name === "@kubernetes/client-node");
  expect(clients.map((entry) => entry.version?.split(".")[0])).toEqual(["2"]);
  const fetchers = packages.filter((entry) => entry.dependencies?.["node-fetch"] !== undefined);
  expect(fetchers.map((entry) => entry.name)).toEqual(["gaxios"]);
});
