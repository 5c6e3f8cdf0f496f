/** The steps of a function's entry, one a write: what is needed comes before what needs it, and goes after. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import { covers } from "../../kube/covers.ts";
import { type GatewayEntry, type Path, pathId, type Stage } from "../gateway/entry.ts";
import { mostFunctions } from "../gateway/render-config.ts";
import type { EntryChange } from "../gateway/writer.ts";
import type { RoutedFunction, Weight } from "../switch.ts";

/** A change that the other functions of the gateway do not leave room for. */
export class NoRoom extends Error {
  readonly reason: "GatewayFull" | "PortTaken";
  constructor(reason: NoRoom["reason"], message: string) {
    super(message);
    this.name = "NoRoom";
    this.reason = reason;
  }
}

/** Makes the entry when there is none, and takes one back that was leaving. */
export function prepare(fn: RoutedFunction, origin: Path["origin"], now: number): EntryChange {
  return (entry, all) => {
    if (entry === undefined) {
      checkRoom(fn, all);
      return newEntry(fn, origin, now);
    }
    const service = serviceOf(fn);
    const corrected =
      covers(entry.service, service) && covers(service, entry.service) ? entry : { ...entry, service };
    if (entry.stage === "closing") return toStage(corrected, "prepared", now);
    return entry.stage === "leaving" || entry.stage === "draining"
      ? toStage(corrected, "serving", now)
      : corrected;
  };
}

/** Opens the listener of a prepared entry. */
export function open(now: number): EntryChange {
  return (entry) => (entry?.stage === "prepared" ? toStage(entry, "serving", now) : entry);
}

/** Gives path its clusters, changes no route. */
export function addPath(path: Path): EntryChange {
  return (entry) =>
    entry === undefined || hasPath(entry, path) ? entry : { ...entry, paths: [...entry.paths, path] };
}

/** Moves the routes to a path that has clusters. */
export function routeTo(fn: RoutedFunction, path: Path, weight: Weight): EntryChange {
  return (entry) => {
    if (entry === undefined || !hasPath(entry, path)) return entry;
    const route = { weight, path, headers: fn.upstream.headers };
    return covers(entry.route, route) && covers(route, entry.route) ? entry : { ...entry, route };
  };
}

/** Takes the clusters of all paths but the routed one. */
export const dropOtherPaths: EntryChange = (entry) =>
  entry === undefined || entry.paths.length === 1 ? entry : { ...entry, paths: [entry.route.path] };

/** From one stage to another; an entry in any other stage is left alone. */
export function advance(from: Stage, to: Stage, now: number): EntryChange {
  return (entry) => (entry?.stage === from ? toStage(entry, to, now) : entry);
}

/** Takes the clusters of an entry whose listener is closed, and all that is left of it. */
export const forget: EntryChange = (entry) => (entry?.stage === "closing" ? undefined : entry);

export function pathOf(fn: RoutedFunction, origin: Path["origin"]): Path {
  const { host, port, isPublic } = fn.upstream;
  return { edge: { host, port, ...(isPublic === undefined ? {} : { isPublic }) }, origin };
}

function hasPath(entry: GatewayEntry, path: Path): boolean {
  return entry.paths.some((each) => pathId(each) === pathId(path));
}

function toStage(entry: GatewayEntry, stage: Stage, now: number): GatewayEntry {
  return { ...entry, stage, since: now };
}

function newEntry(fn: RoutedFunction, origin: Path["origin"], now: number): GatewayEntry {
  const { key, name, uid }: FunctionIdentity = fn.identity;
  const path = pathOf(fn, origin);
  const { restoreWeight } = fn;
  const route = { weight: restoreWeight ?? 0, path, headers: fn.upstream.headers };
  return {
    key,
    name,
    uid,
    port: fn.gateway.port,
    service: serviceOf(fn),
    stage: restoreWeight === undefined ? "prepared" : "serving",
    since: now,
    route,
    paths: [path],
  };
}

function serviceOf({ service }: RoutedFunction): GatewayEntry["service"] {
  const { name, port, ipFamilies } = service;
  const appProtocol = port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol };
  return { name, portName: port.name, families: ipFamilies, ...appProtocol };
}

function checkRoom(fn: RoutedFunction, all: ReadonlyMap<string, GatewayEntry>): void {
  if (all.size >= mostFunctions) {
    throw new NoRoom("GatewayFull", `Gateway ${fn.gateway.name} holds ${mostFunctions} functions already.`);
  }
  const other = [...all.values()].find(({ port }) => port === fn.gateway.port);
  if (other !== undefined) {
    throw new NoRoom("PortTaken", `Gateway port ${fn.gateway.port} belongs to EdgeFunction ${other.name}.`);
  }
}
