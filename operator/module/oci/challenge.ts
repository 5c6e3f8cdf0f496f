/** How a registry says who may ask it: the header WWW-Authenticate (RFC 9110, section 11.6.1). */

export interface Challenge {
  /** In lower case, such as `bearer` or `basic`. */
  readonly scheme: string;
  /** By name in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
/** A parameter, or the scheme of a challenge, which no `=` follows. */
const part = `[\\s,]*(?:(${token})\\s*=\\s*(?:"((?:[^"\\\\]|\\\\.)*)"|(${token}))|(${token}))`;

/** All challenges of the header's value; what cannot be read ends the list. */
export function parseChallenges(value: string): Challenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  const pattern = new RegExp(part, "y");
  for (let found = pattern.exec(value); found !== null; found = pattern.exec(value)) {
    const [, name = "", quoted, plain, scheme] = found;
    if (scheme !== undefined) challenges.push({ scheme: scheme.toLowerCase(), parameters: new Map() });
    else {
      const text = quoted === undefined ? (plain ?? "") : quoted.replace(/\\(.)/g, "$1");
      challenges.at(-1)?.parameters.set(name.toLowerCase(), text);
    }
  }
  return challenges;
}
