import { expect, it } from "vitest";
import { gatewayNames } from "../api/v1alpha1/names.ts";
import { mostFunctions } from "../traffic/gateway/render-config.ts";
import { createPortAllocator, type GatewayPlace } from "./port-allocator.ts";

const first = (port: number): GatewayPlace => ({ name: "ebb-gateway", port });

/** What a namespace's functions get that come one after the other. */
function placesOf(count: number, most?: number): (GatewayPlace | undefined)[] {
  const allocator = createPortAllocator(most);
  const taken: GatewayPlace[] = [];
  const alive = new Set<string>();
  return Array.from({ length: count }, (_, index) => {
    const place = allocator.allocate("shop", String(index), taken, alive.add(String(index)));
    if (place !== undefined) taken.push(place);
    return place;
  });
}

it("gives the smallest port that neither a status nor a reservation holds", () => {
  const allocator = createPortAllocator();
  const alive = new Set(["a", "b", "c"]);
  expect(allocator.allocate("shop", "a", [first(20_000)], alive)).toEqual(first(20_001));
  expect(allocator.allocate("shop", "b", [first(20_000)], alive)).toEqual(first(20_002));
  expect(allocator.allocate("till", "c", [], alive)).toEqual(first(20_000));
});

it("frees a reservation whose function is gone", () => {
  const allocator = createPortAllocator();
  allocator.allocate("shop", "a", [], new Set(["a"]));
  expect(allocator.allocate("shop", "b", [], new Set(["b"]))).toEqual(first(20_000));
});

it("gives the same function the same port again", () => {
  const allocator = createPortAllocator();
  const alive = new Set(["a"]);
  expect(allocator.allocate("shop", "a", [], alive)).toEqual(allocator.allocate("shop", "a", [], alive));
});

it("goes on with the next gateway when one is full, and with ports that no gateway of the namespace has", () => {
  const places = placesOf(mostFunctions + 2);
  expect(places[mostFunctions - 1]).toEqual(first(20_099));
  expect(places.slice(mostFunctions)).toEqual([
    { name: "ebb-gateway-2", port: 20_100 },
    { name: "ebb-gateway-2", port: 20_101 },
  ]);
});

it("fills a gateway that has room again before the next", () => {
  const allocator = createPortAllocator(2);
  const taken = [first(20_001), { name: "ebb-gateway-2", port: 20_002 }];
  expect(allocator.allocate("shop", "d", taken, new Set(["d"]))).toEqual(first(20_000));
});

it("gives nothing when every gateway is full", () => {
  const places = placesOf(gatewayNames.length + 1, 1);
  expect(places.map((place) => place?.name)).toEqual([...gatewayNames, undefined]);
});
