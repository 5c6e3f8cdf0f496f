/** Envoy's routes of all functions: which side is tried first, and what is tried again. */
import { functionHeader, reasonHeader } from "../../api/v1alpha1/names.ts";
import {
  clusterNames,
  extension,
  hopHeader,
  hostHeader,
  keyHeader,
  type Message,
  originHeader,
  ownHeaderPrefix,
  routesName,
  typed,
} from "./envoy-config.ts";
import { contentHash, type GatewayEntry } from "./entry.ts";

/** Values of the reason header with which the gateway answers for a workload that did not. */
export const originReasons = { unreachable: "OriginUnreachable", reset: "OriginReset" } as const;

/** The request was not sent, so any method may be tried again. */
const unsent = "connect-failure,refused-stream,reset-before-request,retriable-headers";
const notProcessed = ["NotLoaded", "FunctionStalled", originReasons.unreachable];

/**
 * Bodies up to this size can be sent again to another host; a longer one passes as well, and is not tried again. Every
 * upload under way costs the gateway so much, and twice that on its way to the workload.
 */
export const bodyBufferBytes = 1024 * 1024;

/** Methods that may be processed twice (RFC 9110, 9.2.2). */
const idempotent = "GET|HEAD|OPTIONS|TRACE|PUT|DELETE";

/** The version of entry's routes: `<weight>.<hash>`, so that a gateway that is behind can be asked for its weight. */
export function routesVersion(entry: GatewayEntry): string {
  return `${entry.route.weight}.${contentHash([commonHeaders, renderVirtualHost(entry)])}`;
}

/** The weight in a version that a gateway names. */
export function versionWeight(version: string): number {
  return Number.parseInt(version, 10);
}

/** Of every function's requests. */
const commonHeaders: readonly Message[] = [
  header(hostHeader, "%REQ(:authority)%", "OVERWRITE_IF_EXISTS_OR_ADD"),
  header(hopHeader, `%REQ(${keyHeader})%`, "APPEND_IF_EXISTS_OR_ADD"),
  // A caller inside the cluster sends none; the workload would have seen its address.
  header("x-forwarded-for", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "ADD_IF_ABSENT"),
];

/** The content of the routes file. Its version is `<key>=<version>` of every function, so that a gateway tells all of them. */
export function renderRoutes(entries: readonly GatewayEntry[]): Message {
  const configuration = typed("config.route.v3.RouteConfiguration", {
    name: routesName,
    vhost_header: keyHeader,
    request_headers_to_add: commonHeaders,
    virtual_hosts: entries.map(renderVirtualHost),
  });
  const version = entries.map((entry) => `${entry.key}=${routesVersion(entry)}`).join(" ");
  return { version_info: version, resources: [configuration] };
}

/** The versions of functions' routes in the version of the routes file. */
export function parseRoutesVersions(version: string): Map<string, string> {
  return new Map(
    version.split(" ").flatMap((part): [string, string][] => {
      const [key = "", value] = part.split("=");
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function renderVirtualHost(entry: GatewayEntry): Message {
  return {
    name: entry.key,
    domains: [entry.key],
    request_body_buffer_limit: bodyBufferBytes,
    request_headers_to_add: renderHeaders(entry),
    routes: [
      {
        match: { prefix: "/", headers: [{ name: hopHeader, string_match: { contains: entry.key } }] },
        direct_response: { status: 508 },
      },
      {
        match: {
          prefix: "/",
          headers: [{ name: ":method", string_match: { safe_regex: { regex: idempotent } } }],
        },
        route: renderAction(entry, `${unsent},reset`, [...notProcessed, originReasons.reset]),
      },
      { match: { prefix: "/" }, route: renderAction(entry, unsent, notProcessed) },
    ],
  };
}

/**
 * Three more tries: one at another host of the same side, then two at the other side, of whose hosts one may be dead as
 * well. A 5xx that the module or the workload
 * made is an answer and passes: only answers that carry one of our reasons are tried again.
 */
function renderAction(entry: GatewayEntry, retryOn: string, reasons: readonly string[]): Message {
  return {
    weighted_clusters: { clusters: renderWeights(entry) },
    // The way to the workload puts the caller's back.
    ...(entry.route.path.edge.isPublic === true ? { host_rewrite_literal: entry.route.path.edge.host } : {}),
    timeout: "0s",
    retry_policy: {
      retry_on: retryOn,
      num_retries: 3,
      retriable_headers: [{ name: reasonHeader, string_match: { safe_regex: { regex: reasons.join("|") } } }],
      retry_priority: extension(
        "retry_priorities.previous_priorities",
        "extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
        { update_frequency: 2 },
      ),
      retry_host_predicate: [
        extension(
          "retry_host_predicates.previous_hosts",
          "extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
        ),
      ],
      host_selection_retry_max_attempts: 5,
      retry_back_off: { base_interval: "0.001s" },
    },
  };
}

function renderWeights(entry: GatewayEntry): Message[] {
  const { weight, path } = entry.route;
  const names = clusterNames(entry.key, path);
  return [
    { name: names.edgeFirst, weight },
    { name: names.originFirst, weight: 100 - weight },
  ].filter((cluster) => cluster.weight > 0);
}

function renderHeaders(entry: GatewayEntry): Message[] {
  const { path, headers } = entry.route;
  for (const name of Object.keys(headers)) {
    // Only these are taken away again when the request goes to the workload.
    if (!name.startsWith(ownHeaderPrefix)) {
      throw new TypeError(
        `header ${name} of the edge does not start with ${ownHeaderPrefix} as ${functionHeader} does`,
      );
    }
  }
  const own = { ...headers, [originHeader]: clusterNames(entry.key, path).workload };
  return [
    ...Object.entries(own).map(([key, value]) => header(key, value, "OVERWRITE_IF_EXISTS_OR_ADD")),
    ...(path.edge.isPublic === true ? forwarded : []),
  ];
}

/** What stands in front of an edge outside of the cluster writes its own; its module gets these back. */
const forwarded: readonly Message[] = [
  header("x-ebb-forwarded-proto", "%REQ(x-forwarded-proto)%", "ADD_IF_ABSENT"),
  header("x-ebb-forwarded-for", "%REQ(x-forwarded-for)%", "ADD_IF_ABSENT"),
  header("x-ebb-peer", "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%", "ADD_IF_ABSENT"),
];

function header(key: string, value: string, action: string): Message {
  return { header: { key, value }, append_action: action };
}
