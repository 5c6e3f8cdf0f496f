/** The program cosign with a key pair of its own, offline: nothing goes to a log. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cosignBinaries } from "../../cluster/binaries.ts";
import { run } from "../../cluster/run.ts";

const registryFlags = [
  "--allow-http-registry",
  "--registry-username",
  "robot",
  "--registry-password",
  "word",
];

/** What cosign pushes: that of version 2, the same in a referrer, or that of version 3. */
export type SignatureForm = "tag" | "referrer" | "bundle";

const unlogged = ["--use-signing-config=false", "--tlog-upload=false"];
const formFlags: Readonly<Record<SignatureForm, readonly string[]>> = {
  tag: ["--new-bundle-format=false", ...unlogged],
  referrer: ["--new-bundle-format=false", "--registry-referrers-mode=oci-1-1", ...unlogged],
  bundle: unlogged,
};

export class Cosign implements AsyncDisposable {
  /** In PEM. */
  readonly publicKey: string;
  readonly #binary: string;
  readonly #folder: string;

  private constructor(publicKey: string, binary: string, folder: string) {
    this.publicKey = publicKey;
    this.#binary = binary;
    this.#folder = folder;
  }

  /** With a key that cosign makes, or with an RSA key that it imports. */
  static async create(kind: "own" | "rsa" = "own"): Promise<Cosign> {
    const binary = join(await cosignBinaries(), "cosign");
    const folder = await mkdtemp(join(tmpdir(), "ebb-cosign-"));
    const isOwn = kind === "own";
    if (!isOwn) {
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
      await writeFile(join(folder, "rsa.pem"), privateKey.export({ type: "pkcs8", format: "pem" }));
    }
    const made = isOwn ? ["generate-key-pair"] : ["import-key-pair", "--key", "rsa.pem"];
    await run(binary, [...made, "--output-key-prefix", "cosign"], { cwd: folder, env: environment(folder) });
    return new Cosign(await readFile(join(folder, "cosign.pub"), "utf8"), binary, folder);
  }

  /** reference has a digest. */
  async sign(reference: string, form: SignatureForm): Promise<void> {
    const flags = [...formFlags[form], ...registryFlags];
    await this.#run(["sign", "--key", "cosign.key", "--yes", ...flags, reference], form);
  }

  /** Signs that the artifact has a property, and not the artifact. */
  async attest(reference: string): Promise<void> {
    await writeFile(join(this.#folder, "predicate.json"), '{"tested":true}');
    const what = ["--predicate", "predicate.json", "--type", "custom"];
    const flags = [...what, ...unlogged, ...registryFlags];
    await this.#run(["attest", "--key", "cosign.key", "--yes", ...flags, reference]);
  }

  /** Whether cosign itself takes the artifact as signed with the key. */
  async verifies(reference: string, form: SignatureForm): Promise<boolean> {
    const flags = form === "bundle" ? [] : ["--new-bundle-format=false"];
    const mode = form === "referrer" ? ["--experimental-oci11"] : [];
    const how = ["--key", "cosign.pub", "--insecure-ignore-tlog=true", ...flags, ...mode];
    try {
      await this.#run(["verify", ...how, ...registryFlags, reference], form);
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  async #run(args: readonly string[], form?: SignatureForm): Promise<void> {
    const env = { ...environment(this.#folder), COSIGN_EXPERIMENTAL: form === "referrer" ? "1" : "0" };
    await run(this.#binary, args, { cwd: this.#folder, env });
  }
}

/** A home of its own keeps cosign from keys and trust that are there. */
function environment(folder: string): NodeJS.ProcessEnv {
  return { COSIGN_PASSWORD: "", HOME: folder, DOCKER_CONFIG: folder };
}
