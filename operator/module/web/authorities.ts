/** Whose certificates are trusted: everybody's, and those in a file that may change. */
import { readFile } from "node:fs/promises";
import { rootCertificates } from "node:tls";

/** Reads file each time, so that a renewed one counts at once. Errors: those of the file system. */
export function authoritiesOf(file: string): () => Promise<readonly string[]> {
  return async () => [...rootCertificates, await readFile(file, "utf8")];
}
