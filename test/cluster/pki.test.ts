import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createPki, keyOf, pkiFiles } from "./pki.ts";

let folder: string;
let dir: string;
const certificate = async (file: string): Promise<X509Certificate> =>
  new X509Certificate(await readFile(join(dir, file)));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ebb-pki-"));
  dir = join(folder, "pki");
  await createPki(dir);
});
afterAll(() => rm(folder, { recursive: true }));

test("signs every certificate with a CA whose key is gone", async () => {
  const ca = await certificate(pkiFiles.ca);
  for (const file of [pkiFiles.apiServer, pkiFiles.kubelet, pkiFiles.kubeletClient]) {
    expect((await certificate(file)).verify(ca.publicKey)).toBe(true);
  }
  expect(ca.ca).toBe(true);
  expect(await readdir(dir)).not.toContain(keyOf(pkiFiles.ca));
});

test("names the API server as this machine, the node and pods call it", async () => {
  const server = await certificate(pkiFiles.apiServer);
  for (const address of ["127.0.0.1", "10.99.0.1", "10.96.0.1"])
    expect(server.checkIP(address)).toBe(address);
  for (const name of ["kubernetes.default.svc", "kubernetes.default.svc.cluster.local"]) {
    expect(server.checkHost(name)).toBe(name);
  }
});

test("keeps keys from other users", async () => {
  expect((await stat(dir)).mode & 0o077).toBe(0);
});

test("is made once", async () => {
  const before = await readFile(join(dir, pkiFiles.apiServer), "utf8");
  await createPki(dir);
  expect(await readFile(join(dir, pkiFiles.apiServer), "utf8")).toBe(before);
});
