/** The files that a kubelet mounts from ConfigMaps and Secrets. */
import { configMaps, type Pod, secrets, type Volume } from "../../../operator/kube/objects.ts";
import type { FakeApiServer } from "../fake-apiserver/fake-api-server.ts";
import type { Mounts } from "./pod-program.ts";

type Files = ReadonlyMap<string, Buffer>;

/** The pod's files as the API server has them now; undefined while an object that they come from is absent. */
export function mountsOf(server: FakeApiServer, pod: Pod): Mounts | undefined {
  const namespace = pod.metadata.namespace ?? "";
  const mounts = (pod.spec.volumes ?? []).map(
    (volume) => [volume.name, filesOf(server, namespace, volume)] as const,
  );
  const complete = mounts.flatMap(([name, files]) => (files === undefined ? [] : [[name, files] as const]));
  return complete.length === mounts.length ? new Map(complete) : undefined;
}

function filesOf(server: FakeApiServer, namespace: string, { configMap, secret }: Volume): Files | undefined {
  if (configMap !== undefined) {
    const source = server.read(configMaps, { namespace, name: configMap.name });
    const text = Object.entries(source?.data ?? {}).map(([key, value]) => [key, Buffer.from(value)] as const);
    const binary = Object.entries(source?.binaryData ?? {}).map(
      ([key, value]) => [key, Buffer.from(value, "base64")] as const,
    );
    return source === undefined ? undefined : renamed(new Map([...text, ...binary]), configMap.items);
  }
  if (secret === undefined) return new Map();
  const source = server.read(secrets, { namespace, name: secret.secretName });
  const data = Object.entries(source?.data ?? {}).map(
    ([key, value]) => [key, Buffer.from(value, "base64")] as const,
  );
  return source === undefined ? undefined : new Map(data);
}

function renamed(files: Files, items: readonly { key: string; path: string }[] | undefined): Files {
  if (items === undefined) return files;
  return new Map(
    items.flatMap(({ key, path }) =>
      files.has(key) ? [[path, files.get(key) ?? Buffer.alloc(0)] as const] : [],
    ),
  );
}
