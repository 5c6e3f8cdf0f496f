/** Each write of the operator is refused. */
import { crashTest } from "./crash-test.ts";
import { faultModes } from "./fault-modes.ts";

crashTest([faultModes.conflict, faultModes.failure]);
