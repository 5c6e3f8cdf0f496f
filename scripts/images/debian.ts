/** The packages that this machine's files come from: of Debian, or of a distribution made from it. */
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";

/** An installed package. */
export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** Whose package it is, as in `debian`. */
  readonly vendor: string;
  /** The vendor and its release, as in `debian-12`. */
  readonly distribution: string;
}

/** The package of each path; a path that no package owns is left out. Errors: a machine without dpkg. */
export async function debianPackages(paths: readonly string[]): Promise<Map<string, DebianPackage>> {
  if (paths.length === 0) return new Map();
  const owners = ownersOf(paths, await query(["--search", ...paths.map(withAnyPrefix)]));
  const names = [...new Set(owners.values())];
  if (names.length === 0) return new Map();
  const format = "${binary:Package} ${Package} ${Version} ${Architecture}\\n";
  const shown = await query(["--show", "--showformat", format, ...names]);
  const release = releaseOf(await readFile("/etc/os-release", "utf8"));
  const packages = new Map(
    lines(shown).map((line) => {
      const [key = "", name = "", version = "", architecture = ""] = line.split(" ");
      return [key, { name, version, architecture, ...release }];
    }),
  );
  return new Map(
    [...owners].flatMap(([path, owner]) => {
      const found = packages.get(owner) ?? packages.get(owner.replace(/:.*/, ""));
      return found === undefined ? [] : [[path, found] as const];
    }),
  );
}

/** Debian moved /lib into /usr/lib, and its packages name either. */
function withAnyPrefix(path: string): string {
  return `*${withoutUsr(path)}`;
}

function withoutUsr(path: string): string {
  return path.replace(/^\/usr(?=\/)/, "");
}

/** Who owns each of the paths, in what `dpkg-query --search` prints. */
export function ownersOf(paths: readonly string[], printed: string): Map<string, string> {
  const owners = new Map(
    lines(printed).map((line) => {
      const [, owner = "", path = ""] = /^([^ ,]+)(?:, [^:]*)?: (\/.*)$/.exec(line) ?? [];
      return [withoutUsr(path), owner];
    }),
  );
  return new Map(
    paths.flatMap((path) => {
      const owner = owners.get(withoutUsr(path));
      return owner === undefined ? [] : [[path, owner] as const];
    }),
  );
}

function releaseOf(osRelease: string): Pick<DebianPackage, "vendor" | "distribution"> {
  const field = (name: string): string => new RegExp(`^${name}="?([^"\\n]*)`, "m").exec(osRelease)?.[1] ?? "";
  const vendor = field("ID");
  return { vendor, distribution: [vendor, field("VERSION_ID")].filter(Boolean).join("-") };
}

function lines(text: string): string[] {
  return text.split("\n").filter(Boolean);
}

/** What dpkg-query prints. It ends with 1 when it does not know some of what it is asked. */
function query(args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile("dpkg-query", args, { env: { ...process.env, LC_ALL: "C" } }, (error, stdout) => {
      if (error === null || error.code === 1) resolve(stdout);
      else reject(new Error("dpkg-query does not tell whose libraries an image holds", { cause: error }));
    });
  });
}
