/** The bill of materials of an image: CycloneDX 1.5, with nothing in it of when or where it was written. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { ImageFile } from "../oci-archive.ts";
import { repository } from "./base.ts";
import { type DebianPackage, debianPackages } from "./debian.ts";
import type { NpmOrigin, Origin, Program, WheelOrigin } from "./origin.ts";

interface Hash {
  readonly alg: "SHA-256" | "SHA-512";
  readonly content: string;
}

/** A package or a file, as CycloneDX describes it. */
interface Component {
  readonly "bom-ref": string;
  readonly type: "application" | "library" | "file";
  readonly name: string;
  readonly version?: string;
  readonly purl?: string;
  readonly cpe?: string;
  readonly hashes?: readonly Hash[];
  readonly licenses?: readonly License[];
  readonly evidence?: { readonly occurrences: readonly { readonly location: string }[] };
}

/** One license by its SPDX name, or several, or one with an exception, as SPDX puts them together. */
type License = { readonly license: { readonly id: string } } | { readonly expression: string };

export interface DescribedImage {
  /** `repository:tag` */
  readonly name: string;
  readonly files: readonly ImageFile[];
  /** SHA-256 of each file's bytes in hex, by path. */
  readonly digests: ReadonlyMap<string, string>;
  readonly origins: readonly Origin[];
}

/**
 * Guarantees: names every file of the image with its digest, and every package that one of them comes from, with where
 * it is; equal images give equal text. Errors: an origin that the lock file does not have; a machine without dpkg.
 */
export async function sbomOf({ name, files, digests, origins }: DescribedImage): Promise<string> {
  const lock = await readLock();
  const packages = [
    ...origins.map((origin) => describeOrigin(origin, lock)),
    ...(await libraries(files, origins)),
  ];
  const single = [...digests].map(
    ([path, content]): Component => ({
      "bom-ref": `file:${path}`,
      type: "file",
      name: path,
      hashes: [{ alg: "SHA-256", content }],
    }),
  );
  const [repositoryName = "", tag = ""] = name.split(":");
  const bom = {
    $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    version: 1,
    metadata: {
      lifecycles: [{ phase: "build" }],
      component: { "bom-ref": name, type: "container", name: repositoryName, version: tag },
    },
    components: [...merge(packages), ...single].toSorted((a, b) => (a["bom-ref"] < b["bom-ref"] ? -1 : 1)),
  };
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

/** One component a package, with all the places where it is. */
function merge(components: readonly Component[]): Component[] {
  const groups = Map.groupBy(components, (component) => component["bom-ref"]);
  return [...groups.values()].flatMap((group) => {
    const places = group
      .flatMap(({ evidence }) => evidence?.occurrences ?? [])
      .map(({ location }) => location);
    const occurrences = [...new Set(places)].map((location) => ({ location }));
    return group.slice(0, 1).map((first) => ({ ...first, evidence: { occurrences } }));
  });
}

interface LockedPackage {
  readonly version: string;
  readonly integrity: string;
  readonly license?: string;
}

async function readLock(): Promise<Readonly<Record<string, LockedPackage>>> {
  const text = await readFile(join(repository, "package-lock.json"), "utf8");
  return (JSON.parse(text) as { packages: Record<string, LockedPackage> }).packages;
}

function describeOrigin(
  { at, from, program }: Origin,
  lock: Readonly<Record<string, LockedPackage>>,
): Component {
  const described = "npm" in from ? npmPackage(from, lock) : wheel(from);
  return {
    ...described,
    ...(program === undefined ? { type: "library" } : describeProgram(program, described.version)),
    evidence: { occurrences: [{ location: at }] },
  };
}

function describeProgram({ name, cpe }: Program, version: string): Pick<Component, "type" | "name" | "cpe"> {
  return { type: "application", name, cpe: `cpe:2.3:a:${cpe}:${version}:*:*:*:*:*:*:*` };
}

type Package = Omit<Component, "type"> & { readonly version: string };

function npmPackage({ npm }: NpmOrigin, lock: Readonly<Record<string, LockedPackage>>): Package {
  const locked = lock[npm];
  if (locked === undefined) throw new Error(`the lock file has no ${npm}`);
  const name = npm.slice(npm.lastIndexOf("node_modules/") + "node_modules/".length);
  const purl = `pkg:npm/${name.replace("@", "%40")}@${locked.version}`;
  const [, base64 = ""] = locked.integrity.split("sha512-");
  return {
    "bom-ref": purl,
    name,
    version: locked.version,
    purl,
    hashes: [{ alg: "SHA-512", content: Buffer.from(base64, "base64").toString("hex") }],
    ...(locked.license !== undefined && { licenses: [licenseOf(locked.license)] }),
  };
}

function licenseOf(text: string): License {
  const expression = text.replace(/^\((.*)\)$/, "$1");
  return expression.includes(" ") ? { expression } : { license: { id: expression } };
}

function wheel({ release, sha256 }: WheelOrigin): Package {
  const [name = "", version = ""] = release.split("==");
  const purl = `pkg:pypi/${name}@${version}`;
  return { "bom-ref": purl, name, version, purl, hashes: [{ alg: "SHA-256", content: sha256 }] };
}

/** The packages of the operating system that files of the image were copied from. */
async function libraries(files: readonly ImageFile[], origins: readonly Origin[]): Promise<Component[]> {
  const known = new Set(origins.map(({ at }) => at));
  const copied = files.flatMap((file) => ("from" in file && !known.has(file.path) ? [file] : []));
  const owners = await debianPackages(copied.map(({ from }) => from));
  return copied.flatMap(({ path, from }) => {
    const owner = owners.get(from);
    return owner === undefined ? [] : [debianLibrary(owner, path)];
  });
}

function debianLibrary(library: DebianPackage, at: string): Component {
  const { name, version, architecture, vendor, distribution } = library;
  const where = `arch=${architecture}&distro=${distribution}`;
  const purl = `pkg:deb/${vendor}/${encodeURIComponent(name)}@${encodeURIComponent(version)}?${where}`;
  return {
    "bom-ref": purl,
    type: "library",
    name,
    version,
    purl,
    evidence: { occurrences: [{ location: at }] },
  };
}
