/** Defaults that the API server writes into pods and pod templates. */
import { arrayAt, isObject, objectAt, type JsonObject } from "./json.ts";

function defaulted(value: JsonObject, defaults: JsonObject): JsonObject {
  return { ...defaults, ...value };
}

function probe(value: unknown): JsonObject {
  const given = isObject(value) ? value : {};
  const http = isObject(given["httpGet"])
    ? { httpGet: defaulted(given["httpGet"], { scheme: "HTTP", path: "/" }) }
    : {};
  const defaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };
  return { ...defaults, ...given, ...http };
}

function pullPolicy(container: JsonObject): string {
  const image = typeof container["image"] === "string" ? container["image"] : "";
  const tag = /:([^/:@]+)$/.exec(image)?.[1];
  return !image.includes("@") && (tag === undefined || tag === "latest") ? "Always" : "IfNotPresent";
}

function container(value: unknown): JsonObject {
  const given = isObject(value) ? value : {};
  const probes = ["livenessProbe", "readinessProbe", "startupProbe"].filter((name) => isObject(given[name]));
  const ports = arrayAt(given, "ports").map((port) =>
    defaulted(isObject(port) ? port : {}, { protocol: "TCP" }),
  );
  return {
    imagePullPolicy: pullPolicy(given),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
    resources: {},
    ...given,
    ...(ports.length === 0 ? {} : { ports }),
    ...Object.fromEntries(probes.map((name) => [name, probe(given[name])])),
  };
}

function volume(value: unknown): JsonObject {
  const given = isObject(value) ? value : {};
  const sources = ["configMap", "secret"].filter((name) => isObject(given[name]));
  const withModes = sources.map(
    (name) => [name, defaulted(objectAt(given, name), { defaultMode: 420 })] as const,
  );
  const empty = Object.keys(given).length === 1 ? { emptyDir: {} } : {};
  return { ...given, ...empty, ...Object.fromEntries(withModes) };
}

/** A pod's spec with its defaults. */
export function defaultPodSpec(spec: JsonObject): JsonObject {
  const account = spec["serviceAccountName"];
  const volumes = arrayAt(spec, "volumes").map(volume);
  const inits = arrayAt(spec, "initContainers").map(container);
  return {
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
    dnsPolicy: "ClusterFirst",
    securityContext: {},
    schedulerName: "default-scheduler",
    ...(account === undefined ? {} : { serviceAccount: account }),
    ...spec,
    containers: arrayAt(spec, "containers").map(container),
    ...(inits.length === 0 ? {} : { initContainers: inits }),
    ...(volumes.length === 0 ? {} : { volumes }),
  };
}

/** A pod template with its defaults. */
export function defaultTemplate(template: JsonObject): JsonObject {
  return {
    ...template,
    metadata: objectAt(template, "metadata"),
    spec: defaultPodSpec(objectAt(template, "spec")),
  };
}
