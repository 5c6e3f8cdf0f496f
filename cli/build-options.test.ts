import { describe, expect, it } from "vitest";
import { parseBuildOptions } from "./build-options.ts";

it("reads flags as docker build and oras have them", () => {
  const args = ["build", "app", "-t", "r.example.com/a/b:1", "--push", "--plain-http", "-o", "json"];
  expect(parseBuildOptions(args)).toMatchObject({
    source: "app",
    tag: { text: "r.example.com/a/b:1", reference: { registry: "r.example.com", tag: "1" } },
    push: true,
    plainHTTP: true,
    output: "json",
  });
  expect(parseBuildOptions(["build", "app"])).toMatchObject({ push: false, output: "text" });
  expect(parseBuildOptions(["build", "--help"])).toBeUndefined();
});

describe("calls are wrong when", () => {
  it.each([
    ["there is no command", [], 'no command ""'],
    ["the command is unknown", ["run"], 'no command "run"'],
    ["no source is named", ["build"], "0 were given"],
    ["two are named", ["build", "a", "b"], "2 were given"],
    ["a flag is unknown", ["build", "a", "--tags"], "--tags"],
    ["the output is unknown", ["build", "a", "-o", "yaml"], 'is "yaml"; it may be text or json'],
    ["nobody says where to push", ["build", "a", "--push"], "--push needs --tag"],
    [
      "the reference has no tag",
      ["build", "a", "-t", "r.example.com/a"],
      "a registry, a repository and a tag",
    ],
    ["the reference has no registry", ["build", "a", "-t", "a:1"], "a registry, a repository and a tag"],
  ])("%s", (_why, args, says) => {
    expect(() => parseBuildOptions(args)).toThrow(expect.objectContaining({ exitCode: 2 }));
    expect(() => parseBuildOptions(args)).toThrow(says);
  });
});
