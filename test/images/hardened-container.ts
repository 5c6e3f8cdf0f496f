/** A container as strict as the chart's pods, by way of testcontainers. */
import { GenericContainer } from "testcontainers";

/** Read-only root, no capability, no new privileges, in the network of the engine. */
export class HardenedContainer extends GenericContainer {
  constructor(image: string) {
    super(image);
    this.hostConfig.ReadonlyRootfs = true;
    this.withDroppedCapabilities("ALL").withSecurityOpt("no-new-privileges").withNetworkMode("host");
  }
}
