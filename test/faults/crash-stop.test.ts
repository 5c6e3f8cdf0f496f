/** The operator is stopped at each of its writes. */
import { crashTest } from "./crash-test.ts";
import { faultModes } from "./fault-modes.ts";

crashTest([faultModes.stopBefore, faultModes.stopAfter]);
