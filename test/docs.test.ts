/** Everything that the texts for people name exists: paths, links, commands. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { expect, it } from "vitest";

const pages = globSync(["*.md", "docs/**/*.md", "wasm-modules/**/*.md", "charts/**/*.md"], {
  exclude: ["**/node_modules/**", "**/target/**"],
}).map((page) => ({ page, text: readFileSync(page, "utf8") }));

const topFolders = readTopFolders();
const scripts = readScripts();

function readTopFolders(): readonly string[] {
  return globSync("*/").map((folder) => folder.replace(/\/$/, ""));
}

function readScripts(): ReadonlySet<string> {
  const { scripts: all } = JSON.parse(readFileSync("package.json", "utf8")) as {
    scripts: Record<string, string>;
  };
  return new Set(Object.keys(all));
}

it("finds the pages", () => {
  expect(pages.length).toBeGreaterThan(10);
});

it.each(pages)("links of $page lead somewhere", ({ page, text }) => {
  const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].flatMap((match) => match[1] ?? []);
  const broken = targets.filter((target) => !existsSync(normalize(join(dirname(page), target))));
  expect(broken).toEqual([]);
});

it.each(pages)("paths that $page names are there", ({ page, text }) => {
  const quoted = [...text.matchAll(/`([\w.@-]+\/[\w./@*{},-]*)`/g)].flatMap((match) => match[1] ?? []);
  const paths = quoted.filter((path) => topFolders.includes(path.split("/")[0] ?? ""));
  const missing = paths.filter((path) => globSync([path, join(dirname(page), path)]).length === 0);
  expect(missing).toEqual([]);
});

it.each(pages)("npm commands that $page names are there", ({ text }) => {
  const named = [...text.matchAll(/npm run (?:-s )?([\w:-]+)/g)].flatMap((match) => match[1] ?? []);
  expect(named.filter((script) => !scripts.has(script))).toEqual([]);
});
