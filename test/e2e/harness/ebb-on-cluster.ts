/** What every suite starts from: a real cluster with this tree's Ebb in it. */
import { Kubectl } from "./kubectl.ts";
import { Scenario, type Setting } from "./scenario.ts";
import {
  buildImages,
  type Images,
  installEbb,
  loadImages,
  type TestCluster,
  testCluster,
} from "./test-cluster.ts";

export interface EbbOnCluster {
  readonly cluster: TestCluster;
  readonly images: Images;
  /** A workload in a namespace of its own. */
  workload(setting: Setting): Promise<Scenario>;
  /** The same with two probers on it. */
  scenario(setting: Setting): Promise<Scenario>;
}

/** Brings everything up that is not there; quick when all is as it should be. The environment's cluster unless given. */
export async function ebbOnCluster(given?: TestCluster): Promise<EbbOnCluster> {
  const images = await buildImages();
  const cluster = given ?? (await testCluster());
  await loadImages(cluster, images);
  await installEbb(cluster, images);
  await Scenario.removeAll(new Kubectl(cluster.access));
  const workload = (setting: Setting): Promise<Scenario> => Scenario.start(cluster, images, setting);
  return {
    cluster,
    images,
    workload,
    scenario: async (setting) => {
      const scenario = await workload(setting);
      await scenario.startProbers();
      return scenario;
    },
  };
}
