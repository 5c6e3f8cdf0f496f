/** The token of an edge's account, out of the Secret that a target names. */
import type { Clock } from "./api/clock.ts";
import { isForbidden } from "./kube/api-error.ts";
import type { KubeClient } from "./kube/kube-client.ts";
import { allowSecret } from "./module/allow-secret.ts";
import { SecretReader } from "./module/secret-reader.ts";
import { TokenUnavailable } from "./provider/hosted/outcomes.ts";

/** Errors: TokenUnavailable; those of the API server. */
export type TokenSource = (
  namespace: string,
  ref: { readonly name: string; readonly key: string },
) => Promise<string>;

/** For the field of a target's spec that names the Secret. A Secret is read again when that was longer than 20 s ago. */
export function createTokenSource(client: KubeClient, clock: Clock): (field: string) => TokenSource {
  const secrets = new SecretReader(client, clock);
  return (field) =>
    async (namespace, { name, key }) => {
      const found = await secrets.read({ namespace, name }, key).catch((error: unknown) => {
        if (!isForbidden(error)) throw error;
        const message = `${field} names Secret "${name}", which Ebb may not read in namespace "${namespace}". ${allowSecret(namespace, name)}`;
        throw new TokenUnavailable("CredentialsForbidden", message);
      });
      const token = Buffer.from(found?.bytes ?? "")
        .toString("utf8")
        .trim();
      if (token !== "" && /^[\x21-\x7e]+$/.test(token)) return token;
      const problem =
        found === undefined
          ? `which does not exist in namespace "${namespace}"`
          : token === ""
            ? `which has no token under "${key}"`
            : `whose "${key}" is no token: it has characters that no token has`;
      throw new TokenUnavailable(
        "CredentialsNotFound",
        `${field} names Secret "${name}", ${problem}. Create it: kubectl --namespace ${namespace} create secret generic ${name} --from-file=${key}=FILE`,
      );
    };
}
