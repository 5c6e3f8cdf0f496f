import { expect, test } from "vitest";
import { layoutOf } from "./layout.ts";

test("keeps everything of a cluster below one folder of the user's state", () => {
  const layout = layoutOf("trial", { XDG_STATE_HOME: "/state" });
  const { state, pki, config, logs, pids, kubeconfig, adminKubeconfig, containerdSocket } = layout;
  expect(state).toBe("/state/ebb/trial");
  for (const path of [pki, config, logs, pids, kubeconfig, adminKubeconfig, containerdSocket]) {
    expect(path.startsWith(`${state}/`)).toBe(true);
  }
});

test.each(["", "..", "a/b", "Ebb", "-x", "a".repeat(32)])("refuses the name %j", (name) => {
  expect(() => layoutOf(name)).toThrow("small letters, digits and dashes");
});
