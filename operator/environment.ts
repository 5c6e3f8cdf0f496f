/** Reads single variables of the environment. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** A setting that is missing or not understood; message names it. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Errors: ConfigError when it is not set. */
export function required(env: Environment, name: string): string {
  const value = env[name] ?? "";
  if (value === "") throw new ConfigError(`${name} is not set; the Helm chart sets it.`);
  return value;
}

/** False unless set. Errors: ConfigError for another word than true and false. */
export function flag(env: Environment, name: string): boolean {
  const value = env[name] ?? "false";
  if (value !== "true" && value !== "false")
    throw new ConfigError(`${name} is "${value}"; allowed: true, false.`);
  return value === "true";
}

/** Errors: ConfigError for what is no JSON. */
export function jsonOf(env: Environment, name: string, fallback: string): unknown {
  const text = env[name] ?? fallback;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(`${name} is no JSON: ${text}`, { cause: error });
  }
}
