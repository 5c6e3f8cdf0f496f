import { expect, test } from "vitest";
import { type Inspect, rememberedInspection } from "./remembered-inspection.ts";
import { inspectModule } from "./inspect.ts";

function counted(): { inspect: Inspect; calls: () => number } {
  let calls = 0;
  const inspect = rememberedInspection((...args) => {
    calls += 1;
    return inspectModule(...args);
  });
  return { inspect, calls: () => calls };
}

test("the same bytes are inspected once for each ABI that is asked for", async () => {
  const { inspect, calls } = counted();
  const script = Buffer.from("export default {}");
  const first = await inspect(script, "Worker");
  expect(await inspect(script, "Worker")).toBe(first);
  await expect(inspect(script, "Auto")).rejects.toThrow("not WebAssembly");
  expect(calls()).toBe(2);
});

test("other bytes of the same content are inspected by themselves", async () => {
  const { inspect, calls } = counted();
  await inspect(Buffer.from("export default {}"), "Worker");
  await inspect(Buffer.from("export default {}"), "Worker");
  expect(calls()).toBe(2);
});

test("a refusal stays one", async () => {
  const { inspect, calls } = counted();
  const image = Buffer.from("89504e470d0a1a0a", "hex");
  for (let time = 0; time < 2; time++) await expect(inspect(image, "Auto")).rejects.toThrow("PNG");
  expect(calls()).toBe(1);
});
