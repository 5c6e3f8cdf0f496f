/** Each write of the operator is never answered. */
import { crashTest } from "./crash-test.ts";
import { faultModes } from "./fault-modes.ts";

crashTest([faultModes.timeout, faultModes.timeoutAfter]);
