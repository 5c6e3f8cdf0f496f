/** Names of a function at Deno Deploy. They follow from its uid, so that no two clusters use the same. */
import type { FunctionIdentity } from "../../api/function-identity.ts";
import type { FunctionKey } from "../../api/v1alpha1/names.ts";

/** Label of apps and its value: what Ebb lists. */
export const managedBy = { name: "managed-by", value: "ebb" } as const;
const uidLabel = "ebb-uid";
/** Label of a revision: Ebb's name of the version. */
export const versionLabel = "ebb-version";

export interface Labelled {
  readonly labels?: Readonly<Record<string, string>> | null;
}

export function appName(key: FunctionKey): string {
  return `ebb-${key}`;
}

export function hostOf(key: FunctionKey, organization: string): string {
  return `${appName(key)}.${organization}.deno.net`;
}

/** An app that has these is Ebb's, for this function. */
export function labelsOf({ uid }: FunctionIdentity): Readonly<Record<string, string>> {
  return { [managedBy.name]: managedBy.value, [uidLabel]: uid };
}

export function isOwn(fn: FunctionIdentity, { labels }: Labelled): boolean {
  return Object.entries(labelsOf(fn)).every(([name, value]) => labels?.[name] === value);
}

const secretPrefix = "EBB_";

/** The variable of the app that holds a secret of version: others have others, so that a version keeps its own. */
export function secretVariable(version: string, index: number): string {
  return `${versionPrefix(version)}${index}`;
}

/** Whether a variable of the app holds a secret of another version. */
export function isOfOtherVersion(variable: string, version: string): boolean {
  return variable.startsWith(secretPrefix) && !variable.startsWith(versionPrefix(version));
}

function versionPrefix(version: string): string {
  return `${secretPrefix}${version.replace(/^v-/, "").toUpperCase()}_`;
}
