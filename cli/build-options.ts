/** The arguments of `kubectl ebb build`. */
import { parseArgs } from "node:util";
import { parseReference, type Reference } from "../operator/module/oci/reference.ts";
import { CliError } from "./cli-error.ts";

export interface BuildOptions {
  /** A folder with a wrangler configuration, or a file of WebAssembly. */
  readonly source: string;
  /** As it was given, and what it names. */
  readonly tag: { readonly text: string; readonly reference: Reference } | undefined;
  readonly push: boolean;
  readonly plainHTTP: boolean;
  readonly output: "text" | "json";
  /** An environment of the wrangler configuration. */
  readonly env: string | undefined;
}

export const usage = `Usage: kubectl ebb build DIR|FILE.wasm [-t REFERENCE] [--push] [flags]

Makes an OCI artifact of a wrangler project, or of a WebAssembly file, that an EdgeFunction can name.
Without --push nothing leaves this machine: the module is built, checked, and its digest is printed.

  -t, --tag REFERENCE   where it goes, such as registry.example.com/shop/checkout:1.4.2
      --push            push it there, with the credentials of docker's config.json
      --plain-http      the registry speaks http
      --env NAME        an environment of the wrangler configuration
  -o, --output FORMAT   text or json; text unless given
  -h, --help            this text

Exit status: 0 done, 1 not done, 2 called wrongly.
`;

/** Undefined when help is asked for. Errors: CliError with exitCode 2. */
export function parseBuildOptions(args: readonly string[]): BuildOptions | undefined {
  const { values, positionals } = parse(args);
  if (values.help === true) return undefined;
  const [command, source, ...more] = positionals;
  if (command !== "build") throw wrong(`There is no command "${command ?? ""}"; there is: build`);
  if (source === undefined || more.length > 0)
    throw wrong(`build takes one folder or .wasm file; ${positionals.length - 1} were given`);
  const { tag, output = "text", push = false, env } = values;
  if (output !== "text" && output !== "json") throw wrong(`--output is "${output}"; it may be text or json`);
  if (push && tag === undefined) throw wrong("--push needs --tag REFERENCE");
  const plainHTTP = values["plain-http"] ?? false;
  return { source, tag: tag === undefined ? undefined : tagOf(tag), push, plainHTTP, output, env };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        tag: { type: "string", short: "t" },
        push: { type: "boolean" },
        "plain-http": { type: "boolean" },
        env: { type: "string" },
        output: { type: "string", short: "o" },
        help: { type: "boolean", short: "h" },
      },
    });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function tagOf(text: string): BuildOptions["tag"] {
  const reference = parseReference(text);
  if (reference?.tag !== undefined && reference.digest === undefined) return { text, reference };
  throw wrong(
    `--tag is "${text}"; it must name a registry, a repository and a tag, such as registry.example.com/shop/checkout:1.4.2`,
  );
}

function wrong(message: string, options: ErrorOptions = {}): CliError {
  return new CliError(`${message}. See: kubectl ebb build --help`, { ...options, exitCode: 2 });
}
