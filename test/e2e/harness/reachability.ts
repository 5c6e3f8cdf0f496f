/** Which addresses a pod reaches, by connecting to them. */
import type { Kubectl, Manifest } from "./kubectl.ts";
import { eventually } from "./eventually.ts";
import type { Pod } from "../../../operator/kube/objects.ts";

export interface Caller {
  readonly namespace: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** One with Node in it. */
  readonly image: string;
}

/** Milliseconds of trying. */
const patience = 8000;

/** Runs a pod that connects to each `host:port`, and says of each whether a connection comes to be in the end. */
export async function reachable(
  kubectl: Kubectl,
  caller: Caller,
  addresses: readonly string[],
): Promise<Record<string, boolean>> {
  const { namespace, name } = caller;
  await kubectl.apply(podOf(caller, addresses));
  try {
    await eventually(
      `${name} has tried all addresses`,
      async () => {
        const phase = (await kubectl.get<Pod>(namespace, "pod", name)).status?.phase;
        return phase === "Succeeded" ? undefined : `it is ${phase}`;
      },
      { seconds: 90 },
    );
    return JSON.parse(await kubectl.run(["logs", name, "-n", namespace])) as Record<string, boolean>;
  } finally {
    await kubectl.run(["delete", "pod", name, "-n", namespace, "--now"]);
  }
}

/**
 * Firewalls also refuse in the name of the one that is called: only a connection is proof, so that somebody must listen.
 * And they learn of a new pod a moment after it has started: it is the last of many tries that counts.
 */
const script = `
const { connect } = require("node:net");
const [wait, ...addresses] = process.argv.slice(1);
const deadline = Date.now() + Number(wait);
const tryOnce = (address) => new Promise((resolve) => {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  const end = (passed) => { socket.destroy(); resolve(passed); };
  socket.setTimeout(1000, () => end(false));
  socket.on("connect", () => end(true));
  socket.on("error", () => end(false));
});
const reaches = async (address) => {
  let passed = false;
  while (Date.now() < deadline) {
    passed = await tryOnce(address);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return [address, passed];
};
Promise.all(addresses.map(reaches)).then((all) => console.log(JSON.stringify(Object.fromEntries(all))));
`;

function podOf({ namespace, name, labels, image }: Caller, addresses: readonly string[]): Manifest {
  const command = ["/bin/node", "-e", script, `${patience}`, ...addresses];
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { namespace, name, labels },
    spec: {
      restartPolicy: "Never",
      automountServiceAccountToken: false,
      containers: [{ name: "caller", image, command }],
    },
  };
}
