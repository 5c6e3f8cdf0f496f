/** Whether an artifact is signed with one of the keys that its function demands. */
import { SourceRefused, SourceUnavailable } from "../../source-error.ts";
import { type Place, type Signature, signaturesAt } from "./find-signatures.ts";
import type { PublicKey } from "./public-keys.ts";
import { judgeSimpleSigning } from "./simple-signing.ts";
import { judgeBundle } from "./sigstore-bundle.ts";
import type { Verdict } from "./verdict.ts";

/** What must have been signed. */
export interface Subject {
  /** Registry and repository, for messages. */
  readonly name: string;
  /** Of the manifest or the index. */
  readonly digest: string;
}

/** What it must have been signed with. */
export interface Demand {
  /** At least one; a signature by one of them is enough. */
  readonly keys: readonly PublicKey[];
  /** Where the keys are, for messages. */
  readonly keysIn: string;
}

interface Problem {
  readonly reason: "SignatureInvalid" | "SignatureMismatch";
  readonly text: string;
}

/** Problems that a message names. */
const maxTold = 3;

/**
 * The key whose signature was found. places are asked one after the other until one of them has a signature that holds;
 * the last is the registry itself. Errors: SourceRefused that tells which check failed; SourceUnavailable.
 */
export async function checkSignature(
  places: readonly Place[],
  subject: Subject,
  demand: Demand,
): Promise<PublicKey> {
  const problems: Problem[] = [];
  let trouble: SourceRefused | SourceUnavailable | undefined;
  for (const place of places) {
    try {
      const found = await signerAt(place, subject, demand, problems);
      if (found !== undefined) return found;
      trouble = undefined;
    } catch (error) {
      if (!(error instanceof SourceRefused) && !(error instanceof SourceUnavailable)) throw error;
      trouble = error;
    }
  }
  if (trouble !== undefined && problems.length === 0) throw trouble;
  throw refusal(subject, demand, problems, trouble);
}

async function signerAt(
  place: Place,
  { digest }: Subject,
  { keys }: Demand,
  problems: Problem[],
): Promise<PublicKey | undefined> {
  for await (const signature of signaturesAt(place, digest)) {
    const verdict = judge(signature, digest, keys);
    if (verdict?.kind === "Signed") return verdict.by;
    if (verdict !== undefined) problems.push(problemOf(signature.title, verdict));
  }
  return undefined;
}

function judge(signature: Signature, digest: string, keys: readonly PublicKey[]): Verdict | undefined {
  switch (signature.kind) {
    case "Bundle":
      return judgeBundle(signature.bytes, digest, keys);
    case "SimpleSigning":
      return judgeSimpleSigning(signature.bytes, signature.signature, digest, keys);
    case "Unread":
      return { kind: "Invalid", why: signature.why };
  }
}

function problemOf(title: string, verdict: Exclude<Verdict, { kind: "Signed" }>): Problem {
  return verdict.kind === "Other"
    ? { reason: "SignatureMismatch", text: `${title} is genuine and signs ${verdict.digest}` }
    : { reason: "SignatureInvalid", text: `${title} ${verdict.why}` };
}

function refusal(
  { name, digest }: Subject,
  { keysIn }: Demand,
  problems: readonly Problem[],
  trouble: Error | undefined,
): SourceRefused {
  const what = `${name}@${digest}`;
  const asks = `spec.module.verification asks for a signature by the key in ${keysIn}`;
  const sign = `cosign sign --key cosign.key ${what}`;
  if (problems.length === 0)
    return new SourceRefused("SignatureMissing", `${what} has no signature; ${asks}. Sign it: ${sign}`);
  // A genuine signature of something else tells more than one that anybody may have made.
  const reason = problems.some((problem) => problem.reason === "SignatureMismatch")
    ? "SignatureMismatch"
    : "SignatureInvalid";
  const told = problems.slice(0, maxTold).map(({ text }) => text);
  const rest = problems.length > maxTold ? `; ${problems.length - maxTold} more` : "";
  const asked = trouble === undefined ? "" : ` The registry itself could not be asked: ${trouble.message}`;
  return new SourceRefused(
    reason,
    `${what} has no signature that holds; ${asks}. Found: ${told.join("; ")}${rest}.${asked} Find out who pushed it; if it is yours, sign it: ${sign}`,
  );
}
