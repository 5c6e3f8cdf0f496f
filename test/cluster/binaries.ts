/** The cluster's programs, built from Go modules. */
import { readFile, readdir, symlink } from "node:fs/promises";
import { basename, join } from "node:path";
import { cached } from "../../scripts/cache.ts";
import { run } from "./run.ts";
import { goBinary } from "./tools/go.ts";

/** The release of Kubernetes that go/kubernetes/go.mod names. */
const kubernetesVersion = "1.37.2";

const kubernetesNames = [
  "etcd",
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
];
const containerd = "github.com/containerd/containerd/v2/cmd";
const cniPlugins = "github.com/containernetworking/plugins/plugins";
const nodePackages = [
  `${containerd}/containerd`,
  `${containerd}/containerd-shim-runc-v2`,
  `${containerd}/ctr`,
  `${cniPlugins}/ipam/host-local`,
  `${cniPlugins}/main/bridge`,
  `${cniPlugins}/main/loopback`,
  `${cniPlugins}/meta/portmap`,
];

/** The folder with etcd, the Kubernetes components and kubectl: one binary of many names. First build: 12 minutes. */
export function kubernetesBinaries(): Promise<string> {
  const [major, minor] = kubernetesVersion.split(".");
  const variables = { gitVersion: `v${kubernetesVersion}`, gitMajor: major, gitMinor: minor };
  const set = Object.entries(variables).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return goBuild(moduleOf("kubernetes"), [{ packages: ["."], ldflags: set.join(" ") }], async (dir) => {
    for (const name of kubernetesNames) await symlink("kubernetes", join(dir, name));
  });
}

/** The folder with containerd, its shim, ctr, runc and the CNI plugins. First build: 2 minutes. */
export function nodeBinaries(): Promise<string> {
  return goBuild(moduleOf("node"), [
    { packages: nodePackages },
    { packages: ["github.com/opencontainers/runc"], tags: "seccomp", cgo: true },
  ]);
}

/** The folder with CoreDNS, linked statically. First build: 1 minute. */
export function corednsBinaries(): Promise<string> {
  return goBuild(moduleOf("coredns"), [{ packages: ["."] }]);
}

/** The folder with kube-router, which holds packets to NetworkPolicies. First build: 2 minutes. */
export function networkPolicyBinaries(): Promise<string> {
  return goBuild(moduleOf("network-policies"), [
    { packages: ["github.com/cloudnativelabs/kube-router/v2/cmd/kube-router"] },
  ]);
}

/** The folder with a registry and two programs that push to it: `registry`, `oras`, `crane`. First build: 2 minutes. */
export function registryBinaries(): Promise<string> {
  return goBuild(moduleOf("registry"), [
    {
      packages: [
        "github.com/distribution/distribution/v3/cmd/registry",
        "oras.land/oras/cmd/oras",
        "github.com/google/go-containerregistry/cmd/crane",
      ],
    },
  ]);
}

/** The folder with `cosign`, which signs modules. First build: 3 minutes. */
export function cosignBinaries(): Promise<string> {
  return goBuild(moduleOf("cosign"), [{ packages: ["github.com/sigstore/cosign/v3/cmd/cosign"] }]);
}

function moduleOf(name: string): string {
  return join(import.meta.dirname, "go", name);
}

/** One call of `go build`. */
interface GoBuild {
  readonly packages: readonly string[];
  readonly ldflags?: string;
  readonly tags?: string;
  readonly cgo?: boolean;
}

/** The folder with the programs that the module in folder `source` builds; `finish` may add to it. */
export async function goBuild(
  source: string,
  builds: readonly GoBuild[],
  finish: (dir: string, go: string) => Promise<void> = async () => {},
): Promise<string> {
  const files = await Promise.all(
    (await readdir(source)).toSorted().map((name) => readFile(join(source, name))),
  );
  return cached(basename(source), [JSON.stringify(builds), ...files], async (dir) => {
    const go = await goBinary();
    for (const { packages, ldflags = "", tags = "", cgo = false } of builds) {
      const flags = [
        "-trimpath",
        "-mod=readonly",
        "-buildvcs=false",
        "-tags",
        tags,
        "-ldflags",
        `-s -w ${ldflags}`.trim(),
      ];
      await run(go, ["build", ...flags, "-o", `${dir}/`, ...packages], {
        cwd: source,
        env: { CGO_ENABLED: cgo ? "1" : "0", GOTOOLCHAIN: "local", GOFLAGS: "", GOWORK: "off" },
      });
    }
    await finish(dir, go);
  });
}
