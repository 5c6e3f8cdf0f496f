/** The controllers that also take over a Deployment, built from their Go modules, with the kinds that they define. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { goBuild } from "../../test/cluster/binaries.ts";
import { run } from "../../test/cluster/run.ts";

export interface Controller {
  readonly program: string;
  /** File of its CustomResourceDefinitions. */
  readonly crds: string;
}

/** Flagger 1.36.1. First build: 3 minutes. */
export function flagger(): Promise<Controller> {
  const module = "github.com/fluxcd/flagger";
  return build("flagger", module, `${module}/cmd/flagger`, ["artifacts/flagger/crd.yaml"]);
}

/** Argo Rollouts 1.10.1. First build: 8 minutes. */
export function argoRollouts(): Promise<Controller> {
  const module = "github.com/argoproj/argo-rollouts";
  const kinds = ["rollout", "analysis-run", "analysis-template", "cluster-analysis-template", "experiment"];
  const crds = kinds.map((kind) => `manifests/crds/${kind}-crd.yaml`);
  return build("argo-rollouts", module, `${module}/cmd/rollouts-controller`, crds);
}

async function build(
  folder: string,
  module: string,
  main: string,
  crds: readonly string[],
): Promise<Controller> {
  const source = join(import.meta.dirname, "go", folder);
  const dir = await goBuild(source, [{ packages: [main] }], async (dir, go) => {
    const args = ["list", "-m", "-f", "{{.Dir}}", module];
    const downloaded = (
      await run(go, args, { cwd: source, env: { GOTOOLCHAIN: "local", GOWORK: "off" } })
    ).trim();
    const texts = await Promise.all(crds.map((file) => readFile(join(downloaded, file), "utf8")));
    await writeFile(join(dir, "crds.yaml"), texts.join("\n---\n"));
  });
  return { program: join(dir, main.split("/").at(-1) ?? ""), crds: join(dir, "crds.yaml") };
}
