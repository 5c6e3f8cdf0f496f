/** What k3s's container is to who starts it, with nothing of Kubernetes in it. */
import { nodeBinary } from "../../scripts/images/base.ts";
import { sharedLibraries } from "../../scripts/images/shared-libraries.ts";
import { writeOciArchive } from "../../scripts/oci-archive.ts";

/** Says that the node is there, as the real one does when it is. */
const server = `
process.once("SIGTERM", () => process.exit(0));
console.log("Node controller sync successful");
setInterval(() => {}, 60_000);
`;

/** Keeps what it is called with, and the beginning of the file that it is to import; fails as ctr does without a file. */
const ctr = `#!/bin/node
const { appendFileSync, readFileSync } = require("node:fs");
const args = process.argv.slice(2);
appendFileSync("/tmp/ctr.log", JSON.stringify([...args, readFileSync(args.at(-1), "utf8").slice(0, 100)]) + "\\n");
`;

const rm = `#!/bin/node
for (const path of process.argv.slice(2)) require("node:fs").rmSync(path);
`;

const kubeconfig = `apiVersion: v1
clusters:
- cluster: {certificate-authority-data: "", server: https://127.0.0.1:6443}
  name: default
`;

/** Writes the OCI archive of the image `name` to `out`. */
export async function writeK3sStandIn(name: string, out: string): Promise<void> {
  const files = [
    ...(await sharedLibraries(nodeBinary)),
    { path: "/bin/node", from: nodeBinary },
    { path: "/server.js", content: server },
    { path: "/bin/ctr", content: ctr, mode: 0o755 },
    { path: "/bin/rm", content: rm, mode: 0o755 },
    { path: "/etc/rancher/k3s/k3s.yaml", content: kubeconfig },
    { path: "/tmp", directory: true, mode: 0o1777 } as const,
  ];
  await writeOciArchive({ name, files, entrypoint: ["/bin/node", "/server.js"], out });
}
