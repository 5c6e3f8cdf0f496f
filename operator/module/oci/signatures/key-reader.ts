/** Reads the public keys that spec.module.verification names. */
import type { EdgeFunctionSpecModuleVerification } from "../../../api/v1alpha1/generated/edge-function.ts";
import { isForbidden } from "../../../kube/api-error.ts";
import { allowSecret } from "../../allow-secret.ts";
import type { FoundSecretKey, SecretReader } from "../../secret-reader.ts";
import { SourceRefused } from "../../source-error.ts";
import type { Demand } from "./check-signature.ts";
import { parsePublicKeys, type PublicKey, PublicKeyError } from "./public-keys.ts";

interface KeyRef {
  readonly namespace: string;
  /** Of a Secret. */
  readonly name: string;
  readonly key: string;
}

const field = "spec.module.verification.publicKeySecretRef";

export class KeyReader {
  readonly #secrets: SecretReader;

  constructor(secrets: SecretReader) {
    this.#secrets = secrets;
  }

  /** Errors: SourceRefused; ApiError when the API server does not answer. */
  async read(namespace: string, { publicKeySecretRef }: EdgeFunctionSpecModuleVerification): Promise<Demand> {
    const { name, key } = publicKeySecretRef;
    return { keys: await this.#keys({ namespace, name, key }), keysIn: `"${key}" of Secret "${name}"` };
  }

  async #keys(ref: KeyRef): Promise<PublicKey[]> {
    const { namespace, name, key } = ref;
    const found = await this.#find(ref);
    if (found === undefined)
      throw new SourceRefused(
        "VerificationKeyNotFound",
        `${field} names Secret "${name}", which does not exist in namespace "${namespace}". Create it there with: kubectl --namespace ${namespace} create secret generic ${name} --from-file=${key}=cosign.pub`,
      );
    if (found.bytes === undefined)
      throw new SourceRefused(
        "VerificationKeyNotFound",
        `${field}.key is "${key}", which Secret "${name}" does not have. It has ${found.keys.length} others. Add the key, or correct the reference.`,
      );
    try {
      return parsePublicKeys(Buffer.from(found.bytes).toString("utf8"));
    } catch (error) {
      if (!(error instanceof PublicKeyError)) throw error;
      const message = `${field} leads to "${key}" of Secret "${name}", which ${error.message}`;
      throw new SourceRefused("VerificationKeyInvalid", message, { cause: error });
    }
  }

  async #find({ namespace, name, key }: KeyRef): Promise<FoundSecretKey | undefined> {
    try {
      return await this.#secrets.read({ namespace, name }, key);
    } catch (error) {
      if (!isForbidden(error)) throw error;
      throw new SourceRefused(
        "VerificationKeyForbidden",
        `${field} names Secret "${name}", which Ebb may not read in namespace "${namespace}". ${allowSecret(namespace, name)}`,
        { cause: error },
      );
    }
  }
}
