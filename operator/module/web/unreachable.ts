/** What is told of a server that cannot be reached: its name and the error's code, never a URL with its query. */
import { SourceRefused, SourceUnavailable } from "../source-error.ts";
import { AddressForbiddenError } from "./guarded-connector.ts";

const certificateCodes: ReadonlySet<string> = new Set([
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

export function unreachable({ host }: URL, error: unknown): SourceRefused | SourceUnavailable {
  if (error instanceof AddressForbiddenError)
    return new SourceRefused(
      "AddressForbidden",
      `${host} leads to an address that Ebb never asks: a pod's or node's own, a cloud's metadata service, or one in modules.deniedAddresses of its chart. Name another host, or let modules.allowedAddresses allow it.`,
      { cause: error },
    );
  const code = codeOf(error);
  const hint = certificateCodes.has(code)
    ? " Its certificate is not trusted: let modules.caConfigMap of Ebb's chart name its authority."
    : "";
  return new SourceUnavailable(`${host} cannot be reached: ${code}.${hint}`, { cause: error });
}

function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name;
}
