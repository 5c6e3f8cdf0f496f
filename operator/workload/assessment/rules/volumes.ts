/** Volumes, by what they mean for a function that has no disk. */
import type { Container, Volume } from "../../../kube/objects.ts";
import { amountOf } from "../../../kube/quantity.ts";
import { type Fact, fact } from "../finding.ts";
import { inDeployment, type Surroundings, titleOf } from "../surroundings.ts";

/** Sources that only bring files in. */
const fileSources: ReadonlySet<string> = new Set([
  "configMap",
  "secret",
  "downwardAPI",
  "projected",
  "image",
]);

const meanings: Readonly<Record<string, string>> = {
  persistentVolumeClaim: "a disk that outlives its pods",
  ephemeral: "a disk of the pod",
  hostPath: "a folder of the node",
};

/** More than an isolate has in memory. */
const largeScratch = 128 * 2 ** 20;

interface Placed {
  readonly index: number;
  readonly volume: Volume;
  readonly source: string;
}

export function volumes(seen: Surroundings): Fact[] {
  const { spec } = seen.deployment.spec.template;
  const all = (spec.volumes ?? []).map((volume, index) => ({ index, volume, source: sourceOf(volume) }));
  const containers = [...spec.containers, ...(spec.initContainers ?? [])];
  return [
    ...all
      .filter(({ source }) => source !== "emptyDir" && !fileSources.has(source))
      .map((placed) => state(seen, placed)),
    ...files(
      seen,
      all.filter(({ source }) => fileSources.has(source)),
    ),
    ...all
      .filter(({ source }) => source === "emptyDir")
      .flatMap((placed) => scratch(seen, placed, containers)),
  ];
}

function sourceOf(volume: Volume): string {
  return Object.keys(volume).find((key) => key !== "name" && volume[key] !== undefined) ?? "emptyDir";
}

function pathOf(seen: Surroundings, index: number): string {
  return inDeployment(seen, `.spec.template.spec.volumes[${index}]`);
}

function state(seen: Surroundings, { index, volume, source }: Placed): Fact {
  const meaning = meanings[source];
  const found = `Volume "${volume.name}" of ${titleOf(seen)} is a ${source}${meaning === undefined ? "" : `, ${meaning}`}.`;
  return fact("Volumes", pathOf(seen, index), found);
}

/** One finding for all of them: they are cured alike. */
function files(seen: Surroundings, all: readonly Placed[]): Fact[] {
  if (all.length === 0) return [];
  const names = all.map(({ volume, source }) => `"${volume.name}" (${source})`).join(", ");
  const path = inDeployment(seen, ".spec.template.spec.volumes");
  return [fact("MountedFiles", path, `The pods of ${titleOf(seen)} read files of the volumes ${names}.`)];
}

function scratch(seen: Surroundings, { index, volume }: Placed, containers: readonly Container[]): Fact[] {
  const writers = containers.filter((container) =>
    container.volumeMounts?.some(({ name, readOnly }) => name === volume.name && readOnly !== true),
  );
  const users = containers.filter((container) =>
    container.volumeMounts?.some(({ name }) => name === volume.name),
  );
  const limit = amountOf(volume.emptyDir?.sizeLimit) ?? 0;
  if (users.length > 1 && writers.length > 0) {
    const names = users.map(({ name }) => `"${name}"`).join(", ");
    const found = `Containers ${names} of ${titleOf(seen)} hand each other files in volume "${volume.name}".`;
    return [fact("ScratchVolume", pathOf(seen, index), found)];
  }
  if (limit <= largeScratch) return [];
  const found = `Volume "${volume.name}" of ${titleOf(seen)} is scratch space of up to ${volume.emptyDir?.sizeLimit}.`;
  return [fact("ScratchVolume", pathOf(seen, index), found)];
}
