/** Law 8: private keys are in Secrets only. */
import type { Law } from "./law-watch.ts";

export function secretsKept(): Law {
  return ({ object }) => {
    if (object.kind === "Secret" || !JSON.stringify(object).includes("PRIVATE KEY")) return undefined;
    return `${object.kind} ${object.metadata.name} holds a private key`;
  };
}
