/** Certificates of the pool's admin port: two CAs, so that a pool's leaf never opens another pool. */
// oxlint-disable-next-line import/no-unassigned-import -- @peculiar/x509 refuses to load without it
import "reflect-metadata";
import { X509Certificate as NodeCertificate, createHash, createPrivateKey } from "node:crypto";
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
const day = 86_400_000;
const authorityLife = 3650 * day;
/** A clock that is behind by less than this accepts a new certificate. */
const backdate = 300_000;

/** PEM texts; key is a secret. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

export interface LeafRequest {
  /** DNS names; the first is the subject too. */
  readonly names: readonly string[];
  readonly usage: "serverAuth" | "clientAuth";
  /** Milliseconds. */
  readonly life: number;
}

/** A self-signed authority that signs leaves only. */
export async function createAuthority(name: string, now: number): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name}`,
    notBefore: new Date(now - backdate),
    notAfter: new Date(now + authorityLife),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

export async function issueLeaf(authority: KeyPair, request: LeafRequest, now: number): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.certificate);
  const keys = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const certificate = await X509CertificateGenerator.create({
    subject: `CN=${request.names[0] ?? ""}`,
    issuer: issuer.subject,
    notBefore: new Date(now - backdate),
    notAfter: new Date(now + request.life),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: await importKey(authority.key),
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage[request.usage]], true),
      new SubjectAlternativeNameExtension(request.names.map((value) => ({ type: "dns" as const, value }))),
      await AuthorityKeyIdentifierExtension.create(issuer.publicKey),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await exportKey(keys.privateKey) };
}

/** True from two thirds of the certificate's life on, and for one that authority did not sign or that cannot be read. */
export async function needsRenewal(certificate: string, authority: string, now: number): Promise<boolean> {
  try {
    const leaf = new X509Certificate(certificate);
    const life = leaf.notAfter.getTime() - leaf.notBefore.getTime();
    if (now >= leaf.notBefore.getTime() + (life * 2) / 3) return true;
    return !(await leaf.verify({ publicKey: new X509Certificate(authority), signatureOnly: true }));
  } catch {
    // What cannot be read as a certificate cannot be used as one.
    return true;
  }
}

/** Whether certificate is one of name and of key. */
export function isLeafOf(name: string, certificate: string, key: string): boolean {
  try {
    const leaf = new NodeCertificate(certificate);
    return leaf.checkHost(name) !== undefined && leaf.checkPrivateKey(createPrivateKey(key));
  } catch {
    // What cannot be read fits nothing.
    return false;
  }
}

/** Short name of certificates' contents; holds no secret. */
export function fingerprint(...certificates: readonly string[]): string {
  return createHash("sha256").update(certificates.join("\n")).digest("hex").slice(0, 16);
}

async function exportKey(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await crypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}

async function importKey(pem: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", PemConverter.decodeFirst(pem), algorithm, false, ["sign"]);
}
