import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { ImageDefinition } from "./base.ts";
import { buildImage } from "./build.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "images-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

function tiny(text: string, limit?: number): ImageDefinition {
  return {
    ...(limit !== undefined && { limit }),
    content: (work) => {
      writeFileSync(join(work, "a"), text);
      return Promise.resolve({ files: [{ path: "/a", from: join(work, "a") }], entrypoint: ["/a"] });
    },
  };
}

describe("buildImage", () => {
  test("writes an archive once for the same content", async () => {
    const first = await buildImage("x", tiny("1"), folder);
    const second = await buildImage("x", tiny("1"), folder);
    expect([first.rebuilt, second.rebuilt]).toEqual([true, false]);
    expect({ ...second, rebuilt: true }).toEqual(first);
  });

  test("gives other content another name and writes it over the former", async () => {
    const first = await buildImage("x", tiny("1"), folder);
    const second = await buildImage("x", tiny("2"), folder);
    expect(first.name).toMatch(/^ebb\.local\/x:[0-9a-f]{16}$/);
    expect(second.name).not.toBe(first.name);
    expect(second).toMatchObject({ rebuilt: true, archive: first.archive });
  });

  test("gives the same content the same name, digest and bytes in another folder", async () => {
    const images = [];
    for (const name of ["a", "b"]) images.push(await buildImage("x", tiny("1"), join(folder, name)));
    const [a, b] = images.map(({ archive, ...rest }) => ({ ...rest, bytes: readFileSync(archive) }));
    expect(b).toEqual(a);
  });

  test("writes an archive again that was cut short", async () => {
    const { archive } = await buildImage("x", tiny("1"), folder);
    truncateSync(archive, 10);
    expect(await buildImage("x", tiny("1"), folder)).toMatchObject({ rebuilt: true });
  });

  test("writes once for two callers at a time", async () => {
    const built = await Promise.all([1, 2].map(() => buildImage("x", tiny("1"), folder)));
    expect(built.filter(({ rebuilt }) => rebuilt)).toHaveLength(1);
  });

  test("refuses an image above its limit and says both sizes", async () => {
    const building = buildImage("x", tiny("12345", 4), folder);
    await expect(building).rejects.toThrow("image x has 5 bytes unpacked, its limit is 4");
  });
});
