/**
 * A node that runs thousands of pods without containers, as a process inside the cluster's network namespace. Pods of
 * gateways and pools are answered for by the test kit's stand-ins at their pods' addresses; of any other pod only the
 * status is true. Prints a line when the node is ready; ends, and takes the node away, when its standard input ends.
 */
import { once } from "node:events";
import { run } from "../../test/cluster/run.ts";
import { Api } from "../cluster/api.ts";
import { podRange } from "./addresses.ts";
import { HollowNode } from "./hollow-node.ts";
import { HollowPods } from "./hollow-pods.ts";

const api = new Api(process.env["KUBECONFIG"] ?? "");
// Every address of the range is this machine's: a stand-in can listen on its pod's own.
await run("ip", ["route", "replace", "local", podRange, "dev", "lo"]);
const node = new HollowNode(api.client);
await node.join();
const pods = await HollowPods.start(api);
process.stdout.write("ready\n");
process.stdin.resume();
await once(process.stdin, "end");
await pods.stop();
await node.leave();
await run("ip", ["route", "delete", "local", podRange, "dev", "lo"]);
await api.close();
