/** The commands of docs/guides/from-container-to-wasm.md, up to those for a cluster, print what the page says. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";

import { startService } from "./auth-container/start.ts";

/** One command of a block and what it prints. */
type Command = { command: string; prints: string };

const page = readFileSync("docs/guides/from-container-to-wasm.md", "utf8");
const [ofContainer = [], ...others] = [...page.matchAll(/^```console\n(.*?)^```$/gms)].map((match) =>
  commandsOf(match[1] ?? ""),
);
const ofModule = others.filter(([first]) => !/^(?:kubectl|npx) /.test(first?.command ?? ""));

function commandsOf(block: string): Command[] {
  return block.split(/^\$ /m).flatMap((text) => {
    const [command = "", ...rest] = text.split("\n");
    return command === "" ? [] : [{ command, prints: rest.join("\n").trim() }];
  });
}

/** The export, which the page gives first and every later command needs. */
const [settings] = ofContainer;

it("has what the page is read for", () => {
  expect(settings?.command).toMatch(/^export AUTH_KEY='/);
  expect([ofContainer.length, ofModule.map((block) => block.length)]).toEqual([5, [1, 3]]);
});

it.each(ofModule)("prints what the page says, from: $command", (...block) => {
  const script = [settings, ...block].map((each) => each?.command).join("\n");
  const { stdout, status } = spawnSync("bash", ["-euc", script], {
    encoding: "utf8",
    env: { PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
  });
  const printed = block.map(({ prints }) => prints).filter((text) => text !== "");
  // A body ends with no line feed, so the next one follows on its line.
  expect({ status, stdout: stdout.replaceAll("\n", "") }).toEqual({
    status: 0,
    stdout: printed.join("").replaceAll("\n", ""),
  });
});

it("asks the container what the page asks with curl", async () => {
  const asked = ofContainer.filter(({ command }) => command.startsWith("curl "));
  const key = /'(.*)'/.exec(settings?.command ?? "")?.[1] ?? "";
  const service = await startService({ AUTH_KEY: key });
  try {
    for (const { command, prints } of asked) {
      const [, type, body, path = ""] =
        /(?:-H 'content-type: (.*?)' -d '(.*?)' )?http:\/\/127\.0\.0\.1:8080(.*)$/.exec(command) ?? [];
      const init =
        type === undefined ? {} : { method: "POST", headers: { "content-type": type }, body: body ?? "" };
      expect(await (await fetch(service.url + path, init)).text()).toBe(prints);
    }
  } finally {
    service.process.kill("SIGKILL");
    await service.exit;
  }
  expect(asked).toHaveLength(2);
});
