import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { dockerCredentials } from "./docker-credentials.ts";

const reference = { registry: "r.example.com", repository: "a/b", tag: "1" };

let folder: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ebb-docker-"));
  env = { DOCKER_CONFIG: folder, PATH: `${folder}:${process.env["PATH"] ?? ""}` };
});

afterEach(async () => {
  await rm(folder, { recursive: true });
});

const config = (content: object) => writeFile(join(folder, "config.json"), JSON.stringify(content));

async function helper(name: string, script: string): Promise<void> {
  const path = join(folder, `docker-credential-${name}`);
  await writeFile(path, `#!/bin/sh\nread -r server\n${script}\n`);
  await chmod(path, 0o755);
}

it("are none where there is no config.json, or nothing in it", async () => {
  expect(await dockerCredentials(reference, env)).toEqual([]);
  await config({ detachKeys: "ctrl-p" });
  expect(await dockerCredentials(reference, env)).toEqual([]);
});

it("are those that docker login has written", async () => {
  await config({ auths: { "r.example.com": { auth: Buffer.from("robot:word").toString("base64") } } });
  const password = { kind: "Password", username: "robot", password: "word" };
  expect(await dockerCredentials(reference, env)).toEqual([password]);
});

it("are asked of the program that config.json names", async () => {
  await helper("known", `printf '{"Username":"robot","Secret":"%s"}' "$server"`);
  await config({ credHelpers: { "r.example.com": "known" }, credsStore: "other" });
  const password = { kind: "Password", username: "robot", password: "r.example.com" };
  expect(await dockerCredentials(reference, env)).toEqual([password]);
  await helper("known", `printf '{"Username":"<token>","Secret":"t"}'`);
  expect(await dockerCredentials(reference, env)).toEqual([{ kind: "IdentityToken", token: "t" }]);
});

it("are none where the program knows none, and an error where it fails", async () => {
  await helper("store", "echo 'credentials not found in native keychain'; exit 1");
  await config({ credsStore: "store", auths: { "r.example.com": {} } });
  expect(await dockerCredentials(reference, env)).toEqual([]);
  await helper("store", "echo word-that-is-secret; exit 3");
  const failed = dockerCredentials(reference, env);
  await expect(failed).rejects.toThrow("docker-credential-store get ended with 3 for r.example.com.");
  await config({ credsStore: "absent" });
  await expect(dockerCredentials(reference, env)).rejects.toThrow("docker-credential-absent");
});
