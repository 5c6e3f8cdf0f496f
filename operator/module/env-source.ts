/** The environment of a function, from its spec and from the Secrets and ConfigMaps of its namespace. */
import type { Clock } from "../api/clock.ts";
import type { SecretValue } from "../api/secret-value.ts";
import type { EdgeFunctionSpecEnv } from "../api/v1alpha1/generated/edge-function.ts";
import { isForbidden } from "../kube/api-error.ts";
import type { KubeClient } from "../kube/kube-client.ts";
import { ConfigMapReader } from "./config-map-reader.ts";
import { EnvError, type EnvReference, forbidden, textOf } from "./env-reference.ts";
import { SecretReader } from "./secret-reader.ts";

export interface ResolvedEnv {
  /** What may be read by anybody. */
  readonly env: Readonly<Record<string, string>>;
  readonly secretEnv: Readonly<Record<string, SecretValue>>;
}

export interface EnvSource {
  /**
   * configMapVersion tells the newest resourceVersion of a ConfigMap that a watch knows. A Secret is read again when that
   * was longer than 20 s ago. A variable whose optional reference leads to nothing is left out.
   * Errors: EnvError, whose message holds no value; ApiError when the API server does not answer.
   */
  read(
    namespace: string,
    variables: readonly EdgeFunctionSpecEnv[],
    configMapVersion: (name: string) => string | undefined,
  ): Promise<ResolvedEnv>;
}

/** Bytes of all of a function's values from Secrets and ConfigMaps. */
const limit = 64 * 1024;

export function createEnvSource(client: KubeClient, clock: Clock): EnvSource {
  const secrets = new SecretReader(client, clock);
  const configMaps = new ConfigMapReader(client);

  async function fromSecret(reference: EnvReference): Promise<SecretValue | undefined> {
    const found = await secrets.read(reference, reference.key).catch((error: unknown) => {
      throw isForbidden(error) ? forbidden(reference) : error;
    });
    const value = textOf(reference, found);
    return value === undefined || found === undefined ? undefined : { value, revision: found.revision };
  }

  return {
    async read(namespace, variables, configMapVersion) {
      const env = new Map<string, string>();
      const secretEnv = new Map<string, SecretValue>();
      for (const [index, { name, value, valueFrom = {} }] of variables.entries()) {
        const field = `spec.env[${index}].valueFrom`;
        const { secretKeyRef: secret, configMapKeyRef: configMap } = valueFrom;
        if (value !== undefined) env.set(name, value);
        if (configMap !== undefined) {
          const reference = { kind: "ConfigMap", field: `${field}.configMapKeyRef`, namespace } as const;
          const version = configMapVersion(configMap.name);
          const found = await configMaps.read({ namespace, ...configMap }, configMap.key, version);
          const text = textOf({ ...reference, ...configMap }, found);
          if (text !== undefined) env.set(name, text);
        }
        if (secret !== undefined) {
          const reference = { kind: "Secret", field: `${field}.secretKeyRef`, namespace } as const;
          const found = await fromSecret({ ...reference, ...secret });
          if (found !== undefined) secretEnv.set(name, found);
        }
      }
      refuseTooLong(variables, env, secretEnv);
      return { env: Object.fromEntries(env), secretEnv: Object.fromEntries(secretEnv) };
    },
  };
}

function refuseTooLong(
  variables: readonly EdgeFunctionSpecEnv[],
  env: ReadonlyMap<string, string>,
  secretEnv: ReadonlyMap<string, SecretValue>,
): void {
  const referred = variables.filter(({ valueFrom }) => valueFrom !== undefined);
  const size = referred.reduce(
    (sum, { name }) => sum + Buffer.byteLength(secretEnv.get(name)?.value ?? env.get(name) ?? ""),
    0,
  );
  if (size <= limit) return;
  throw new EnvError(
    "EnvInvalid",
    `The values that spec.env takes from Secrets and ConfigMaps have ${size} bytes; at most ${limit} are allowed. Refer to less.`,
  );
}
