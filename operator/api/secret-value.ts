/** A value that came from a Secret, and a name for it that may be read by anybody. */
export interface SecretValue {
  /** In no status, event, log, ConfigMap or error text. */
  readonly value: string;
  /** Changes with the value and tells nothing of it, not even by guessing: no hash of it. */
  readonly revision: string;
}
