import { expect, it } from "vitest";
import { createPortAllocator } from "./port-allocator.ts";

it("gives the smallest port that neither a status nor a reservation holds", () => {
  const allocator = createPortAllocator();
  const alive = new Set(["a", "b", "c"]);
  expect(allocator.allocate("shop", "a", [20_000], alive)).toBe(20_001);
  expect(allocator.allocate("shop", "b", [20_000], alive)).toBe(20_002);
  expect(allocator.allocate("till", "c", [], alive)).toBe(20_000);
});

it("frees a reservation whose function is gone", () => {
  const allocator = createPortAllocator();
  allocator.allocate("shop", "a", [], new Set(["a"]));
  expect(allocator.allocate("shop", "b", [], new Set(["b"]))).toBe(20_000);
});

it("gives the same function the same port again", () => {
  const allocator = createPortAllocator();
  const alive = new Set(["a"]);
  expect(allocator.allocate("shop", "a", [], alive)).toBe(allocator.allocate("shop", "a", [], alive));
});
