/** Why a module's source does not give its bytes. */

/** reason becomes a condition's reason; the message is for the function's owner and holds no secret. */
export class SourceRefused extends Error {
  override readonly name = "SourceRefused";
  readonly reason: SourceRefusal;

  constructor(reason: SourceRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** What a person must change. */
export type SourceRefusal =
  | "ModuleNotFound"
  | "ModuleForbidden"
  | "ModuleTooLarge"
  | "LayoutUnsupported"
  | "DigestMismatch"
  | "AddressForbidden"
  | "PullSecretNotFound"
  | "PullSecretForbidden"
  | "PullSecretInvalid"
  | "SignatureMissing"
  | "SignatureInvalid"
  | "SignatureMismatch"
  | "VerificationKeyNotFound"
  | "VerificationKeyForbidden"
  | "VerificationKeyInvalid";

/** What time may cure: a registry or a server does not answer as it should. */
export class SourceUnavailable extends Error {
  override readonly name = "SourceUnavailable";
  /** Milliseconds that the other side asks to wait; undefined when it says nothing. */
  readonly retryAfter: number | undefined;

  constructor(message: string, options: ErrorOptions & { readonly retryAfter?: number | undefined } = {}) {
    super(message, options);
    this.retryAfter = options.retryAfter;
  }
}
