import { expect, it } from "vitest";
import { credentialsFor, DockerConfigError, parseDockerConfig } from "./docker-config.ts";

const auth = (user: string, password: string) => Buffer.from(`${user}:${password}`).toString("base64");
const config = (auths: object) => parseDockerConfig(JSON.stringify({ auths }), ".dockerconfigjson");
const password = (username: string, secret: string) => ({ kind: "Password", username, password: secret });

it.each([
  ["auth alone", { auth: auth("me", "pass:word") }, password("me", "pass:word")],
  ["auth that is padded with NUL", { auth: auth("me", "x\0\0") }, password("me", "x")],
  [
    "user name and password",
    { username: "me", password: "x", auth: auth("other", "y") },
    password("me", "x"),
  ],
  [
    "an identity token",
    { auth: auth("<token>", ""), identitytoken: "t" },
    { kind: "IdentityToken", token: "t" },
  ],
  ["a registry token", { registrytoken: "t" }, { kind: "RegistryToken", token: "t" }],
])("reads %s", (_form, entry, credential) => {
  expect(credentialsFor(config({ "r.example.com": entry }), "r.example.com", "a/b")).toEqual([credential]);
});

it("reads the older form of Kubernetes", () => {
  const entries = parseDockerConfig(
    JSON.stringify({ "r.example.com": { auth: auth("me", "x") } }),
    ".dockercfg",
  );
  expect(credentialsFor(entries, "r.example.com", "a")).toEqual([password("me", "x")]);
});

it.each([
  ["r.example.com", "r.example.com", "a/b", true],
  ["https://r.example.com/v2/", "r.example.com", "a/b", true],
  ["r.example.com:5000", "r.example.com:5000", "a/b", true],
  ["r.example.com:443", "r.example.com", "a/b", true],
  ["r.example.com", "r.example.com:5000", "a/b", false],
  ["https://index.docker.io/v1/", "registry-1.docker.io", "library/a", true],
  ["docker.io", "registry-1.docker.io", "library/a", true],
  ["*.example.com", "r.example.com", "a/b", true],
  ["*.example.com", "a.r.example.com", "a/b", false],
  ["r.example.com/a", "r.example.com", "a/b", true],
  ["r.example.com/a", "r.example.com", "ab/c", false],
  ["evil.example", "r.example.com", "a/b", false],
  ["example.com", "r.example.com", "a/b", false],
])("the key %s is for %s/%s: %s", (key, registry, repository, isFor) => {
  const entries = config({ [key]: { auth: auth("me", "x") } });
  expect(credentialsFor(entries, registry, repository)).toHaveLength(isFor ? 1 : 0);
});

it("prefers the key with the longest path", () => {
  const entries = config({
    "r.example.com": { auth: auth("all", "x") },
    "r.example.com/shop/checkout": { auth: auth("one", "x") },
    "r.example.com/shop": { auth: auth("team", "x") },
  });
  const names = credentialsFor(entries, "r.example.com", "shop/checkout").map(
    (each) => Object.values(each)[1],
  );
  expect(names).toEqual(["one", "team", "all"]);
});

it("leaves out entries of credential helpers", () => {
  expect(config({ "r.example.com": {} })).toEqual([]);
});

it.each([
  ["{", "is no JSON"],
  ["[]", "is no JSON object"],
  ['{"credsStore":"pass"}', "names a program"],
  ["{}", 'has no "auths"'],
  ['{"auths":{"r.example.com":"secret"}}', "an entry of auths is no JSON object"],
  ['{"auths":{"r.example.com":{"auth":"c2VjcmV0"}}}', "is not the base64"],
])("refuses %s without repeating it", (text, says) => {
  const parse = () => parseDockerConfig(text, ".dockerconfigjson");
  expect(parse).toThrow(DockerConfigError);
  expect(parse).toThrow(says);
  expect(parse).not.toThrow(/secret"|c2VjcmV0/);
});
