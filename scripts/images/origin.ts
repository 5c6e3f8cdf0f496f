/** What of an image others have made, apart from the libraries of the operating system. */

/** Something of others and where in the image it is. */
export interface Origin {
  /** Path of the file in the image that is, or that holds, what comes from there. */
  readonly at: string;
  readonly from: NpmOrigin | WheelOrigin;
  /** Given for a program that runs as it came. */
  readonly program?: Program;
}

/** Its folder, as the lock file names it: `node_modules/…`. */
export interface NpmOrigin {
  readonly npm: string;
}

/** `name==version` on PyPI and the wheel's SHA-256. */
export interface WheelOrigin {
  readonly release: string;
  readonly sha256: string;
}

/** The name of a program and the one under which its vulnerabilities are published. */
export interface Program {
  readonly name: string;
  readonly cpe: `${string}:${string}`;
}

/** The package that a file belongs to, both relative to the repository; undefined for a file of the repository itself. */
export function packageFolder(file: string): string | undefined {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/.exec(file)?.[0];
}

/** The packages that these files of a bundle at `at` come from. */
export function bundledFrom(files: readonly string[], at: string): Origin[] {
  const folders = new Set(files.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].toSorted().map((npm) => ({ at, from: { npm } }));
}
