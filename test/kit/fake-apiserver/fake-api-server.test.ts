/** The suite that the real API server passes, against the fake one. */
import { loadCustomKinds } from "./custom-kinds.ts";
import { startFakeApiServer } from "./fake-api-server.ts";
import { describeApiServer } from "./suite/describe-api-server.ts";
import { kubeConfigOf } from "./kube-config.ts";

const customKinds = loadCustomKinds();

describeApiServer("the fake API server", async () => {
  const server = await startFakeApiServer({ customKinds });
  return { kubeConfig: kubeConfigOf(server), stop: server.stop };
});
