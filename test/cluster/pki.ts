/** The certificates and keys of one cluster, made once, with a CA whose key is forgotten afterwards. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { addresses, nodeName } from "./layout.ts";
import { run } from "./run.ts";

/** The files in the folder, each certificate with its key beside it (`keyOf`), all PEM. */
export const pkiFiles = {
  ca: "ca.crt",
  apiServer: "api-server.crt",
  /** With it the API server authenticates at the kubelet. */
  kubeletClient: "kubelet-client.crt",
  kubelet: "kubelet.crt",
  serviceAccountKey: "service-account.key",
} as const;

const serviceName = ["kubernetes", "default", "svc", "cluster", "local"];
const apiNames = [
  ...["127.0.0.1", addresses.node, addresses.apiService].map((address) => `IP:${address}`),
  ...["localhost", ...serviceName.map((_, last) => serviceName.slice(0, last + 1).join("."))].map(
    (name) => `DNS:${name}`,
  ),
];
const requestHead = "[req]\ndistinguished_name=none\nx509_extensions=wanted\n[none]\n[wanted]\n";
const leaves = [
  { file: pkiFiles.apiServer, subject: "/CN=kube-apiserver", usage: "serverAuth", names: apiNames },
  {
    file: pkiFiles.kubeletClient,
    subject: "/O=system:masters/CN=kube-apiserver-kubelet-client",
    usage: "clientAuth",
  },
  {
    file: pkiFiles.kubelet,
    subject: `/O=system:nodes/CN=system:node:${nodeName}`,
    usage: "serverAuth",
    names: [`IP:${addresses.node}`, `DNS:${nodeName}`],
  },
] as const;

/** Writes the files of `pkiFiles` into `dir`, readable by root only, when the folder is not there yet. */
export async function createPki(dir: string): Promise<void> {
  if (existsSync(dir)) return;
  const unfinished = `${dir}.unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true, mode: 0o700 });
  await issue(unfinished, pkiFiles.ca, "/CN=ebb-cluster", ["basicConstraints=critical,CA:TRUE"]);
  for (const { file, subject, usage, ...leaf } of leaves) {
    const names = "names" in leaf ? [`subjectAltName=${leaf.names.join(",")}`] : [];
    await issue(unfinished, file, subject, [`extendedKeyUsage=${usage}`, ...names], pkiFiles.ca);
  }
  const key = join(unfinished, pkiFiles.serviceAccountKey);
  await run("openssl", ["ecparam", "-genkey", "-noout", "-name", "prime256v1", "-out", key]);
  await rm(join(unfinished, keyOf(pkiFiles.ca)));
  await rename(unfinished, dir);
}

/** The name of the key that belongs to a certificate file. */
export function keyOf(certificate: string): string {
  return certificate.replace(/\.crt$/, ".key");
}

/** Writes a new key and its certificate, signed by the CA in `ca` or by itself, valid for a year. */
async function issue(
  dir: string,
  file: string,
  subject: string,
  extensions: readonly string[],
  ca?: string,
): Promise<void> {
  const path = (name: string): string => join(dir, name);
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  const signer = ca === undefined ? [] : ["-CA", path(ca), "-CAkey", path(keyOf(ca))];
  const files = ["-keyout", path(keyOf(file)), "-out", path(file), "-config", path("request.cnf")];
  await writeFile(path("request.cnf"), `${requestHead}${extensions.join("\n")}\n`);
  await run("openssl", ["req", "-x509", "-days", "365", "-subj", subject, ...curve, ...signer, ...files]);
}
