/** The variables of an app, within what Deno Deploy documents of them. */
import { randomUUID } from "node:crypto";
import { invalid } from "./refused.ts";

export interface EnvVar {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly secret: boolean;
  readonly contexts: "all" | readonly string[];
}

export interface EnvChange {
  readonly id?: string;
  readonly key?: string;
  readonly value?: string;
  readonly secret?: boolean;
  readonly contexts?: EnvVar["contexts"];
  readonly delete?: boolean;
}

const longestKey = 128;
const longestValue = 16_384;
const reserved = /^(DENO_(?!AUTH_TOKENS$|COMPAT$|CONDITIONS$|DEPLOY_ENDPOINT$|DEPLOY_TOKEN$)|LD_|OTEL_)/;

/** As they are after the changes. Errors: Refused. */
export function changedEnv(former: readonly EnvVar[], changes: readonly EnvChange[]): EnvVar[] {
  const left = new Map(former.map((each) => [each.key, each]));
  for (const change of changes) {
    const known = [...left.values()].find(({ id, key }) => id === change.id || key === change.key);
    const { key = known?.key ?? "", value = known?.value ?? "" } = change;
    if (change.delete === true) left.delete(key);
    else left.set(key, checked({ ...defaults, id: randomUUID(), ...known, ...change, key, value }));
  }
  return [...left.values()];
}

const defaults = { secret: false, contexts: "all" } as const;

/** As the API shows them. */
export function shownEnv(env: readonly EnvVar[]): object[] {
  return env.map(({ value, ...rest }) => (rest.secret ? rest : { ...rest, value }));
}

function checked({ id, key, value, secret, contexts }: EnvVar): EnvVar {
  if (key === "" || Buffer.byteLength(key) > longestKey || reserved.test(key))
    throw invalid(`env_vars: the key "${key}" is not allowed`);
  if (Buffer.byteLength(value) > longestValue)
    throw invalid(`env_vars: the value of ${key} has more than ${longestValue} bytes`);
  return { id, key, value, secret, contexts };
}
