import { expect, test } from "vitest";
import { pointsBelow } from "./mounts.ts";

const line = (id: number, point: string): string =>
  `${id} 1 8:1 / ${point} rw,relatime shared:${id} - ext4 /dev/sda1 rw`;
const mountinfo = [
  line(20, "/"),
  line(21, "/state/a"),
  line(22, "/state/ab"),
  line(23, "/state/a/pods\\040one"),
  "",
].join("\n");

test("finds a folder and what is mounted below it, deepest first", () => {
  expect(pointsBelow("/state/a", mountinfo)).toEqual(["/state/a/pods one", "/state/a"]);
});

test("finds nothing below a folder without mounts", () => {
  expect(pointsBelow("/state/b", mountinfo)).toEqual([]);
});
