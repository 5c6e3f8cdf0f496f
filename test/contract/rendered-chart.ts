/** The chart as `helm template` renders it. */
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import type { Container, PodSpec } from "../../operator/kube/objects.ts";
import type { KubeObject } from "../../operator/kube/resource.ts";
import { run } from "../cluster/run.ts";

export const chartFolder = fileURLToPath(new URL("../../charts/ebb", import.meta.url));

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** The fields of the chart's objects that tests read. */
export interface ChartObject extends KubeObject {
  readonly kind: string;
  readonly rules?: readonly PolicyRule[];
  readonly subjects?: readonly { readonly name: string; readonly namespace: string }[];
  readonly spec?: {
    readonly replicas?: number;
    readonly backoffLimit?: number;
    readonly activeDeadlineSeconds?: number;
    readonly selector?: Readonly<Record<string, string>> & {
      readonly matchLabels?: Readonly<Record<string, string>>;
    };
    readonly template?: { readonly metadata: KubeObject["metadata"]; readonly spec: PodSpec };
  };
}

/** All objects; each setting is a `key=value` of helm's --set. Errors: helm's own message. */
export async function renderChart(helm: string, ...settings: readonly string[]): Promise<ChartObject[]> {
  const sets = settings.flatMap((setting) => ["--set", setting]);
  const text = await run(helm, ["template", "ebb", chartFolder, "--namespace", "ebb-system", ...sets]);
  return parseAllDocuments(text)
    .map((document) => document.toJS() as ChartObject | null)
    .filter((object) => object !== null);
}

export function oneOf(objects: readonly ChartObject[], kind: string, name: string): ChartObject {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`expected one ${kind} ${name}, found ${found.length}`);
  return found[0];
}

/** The pod spec and the only container of a Deployment or Job. */
export function podOf(object: ChartObject): {
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: PodSpec;
  readonly container: ChartContainer;
} {
  const template = object.spec?.template;
  const [container, ...others] = template?.spec.containers ?? [];
  if (template === undefined || container === undefined || others.length > 0)
    throw new Error(`expected one container in ${object.kind} ${object.metadata.name}`);
  return { labels: template.metadata.labels ?? {}, spec: template.spec, container };
}

export interface ChartContainer extends Container {
  readonly env?: readonly EnvEntry[];
}

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

/** Whether a selector matches labels. */
export function selects(
  selector: Readonly<Record<string, string>>,
  labels: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
